#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/comparison.pb.h"

namespace modlab::client {

/// Models side by side: a block for each way to find clusters, with a line for each group (and, where the style is
/// wide, each of its jobs), then how well they do, and the tests of differences.
std::string ScoresTable(const v1::CompareScoresResponse& comparison, const TextStyle& style);

/// A line for each partition of each job, after a header.
std::string ScoresCsv(const v1::CompareScoresResponse& comparison);

}  // namespace modlab::client
