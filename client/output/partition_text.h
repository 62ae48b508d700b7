#pragma once

#include <string>

#include "modlab/v1/score.pb.h"

namespace modlab::client {

/// `Leiden, 3 clusters`; `Leiden, directed, 1 cluster`: with its objective where that is not Newman's modularity.
std::string PartitionTitle(const v1::Partition& partition);

/// The one of a partition's modularities that is its objective, which null models are compared by.
double TestedModularity(const v1::Partition& partition);

}  // namespace modlab::client
