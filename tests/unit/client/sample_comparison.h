#pragma once

#include <string>

#include "modlab/v1/comparison.pb.h"

namespace modlab::client {

/// Two networks of two runs each, scored in one way, with accuracy, loss, and tests of their differences; the last run
/// has no null models.
v1::CompareScoresResponse TwoNetworks(v1::Partition::Method method = v1::Partition::LEIDEN,
                                      const std::string& description = "Leiden");

/// Two models scored in two ways, each by itself.
v1::CompareScoresResponse TwoModels();

/// Adds a partition to a row, and its modularity to the group's measures.
void AddPartition(v1::CompareScoresResponse& comparison, int row, v1::Partition::Method method,
                  const std::string& description, double modularity);

}  // namespace modlab::client
