#pragma once

#include <vector>

#include "modlab/v1/job.pb.h"
#include "modlab/v1/score.pb.h"

/// core/community/comparison.h in the protocol's words, of which worker and daemon both have need. The daemon has no
/// more of core than this and adjustment.h: what it gets to see are labels and p-values, never a model.
namespace modlab::server {

/// Labels as ComparePartitions takes them; at most 2^31 - 1 units.
v1::PartitionAgreement Agreement(const std::vector<int>& first, const std::vector<int>& second);

/// Likewise with the contingency table and the number of units that were left out: all of the response but what was
/// compared. The table has a cell for every cluster of the one and every cluster of the other.
v1::ComparePartitionsResponse AgreementWithTable(const std::vector<int>& first, const std::vector<int>& second);

}  // namespace modlab::server
