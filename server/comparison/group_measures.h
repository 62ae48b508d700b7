#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "modlab/v1/comparison.pb.h"

namespace modlab::server {

/// Fills in what can be told of groups: `measures` of each (of modularity, n-cut, z and performance of its rows), and
/// `differences` between them, in an answer that has its rows, its groups' rows and its confidence.
void MeasureGroups(uint64_t seed, modlab::v1::CompareScoresResponse* response);

}  // namespace modlab::server
