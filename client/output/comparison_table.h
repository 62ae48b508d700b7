#pragma once

#include <string>
#include <string_view>

#include "client/output/terminal.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// How much two partitions agree, for people: what was compared, ARI, NMI, AMI, VI and the contingency table, of which
/// there is as much as fits, or all of it where the style is wide. `first` and `second` are what was given on the
/// command line: the names of labels that are no job's.
std::string ComparisonTable(const v1::ComparePartitionsResponse& comparison, std::string_view first,
                            std::string_view second, const TextStyle& style);

}  // namespace modlab::client
