#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/comparison.pb.h"

namespace modlab::client {

/// Models side by side. Where nothing is repeated: a line for each model, with as much of each way to find clusters as
/// the width allows, and a block for each way where that is not all. Where something is: a block for each way with a
/// line for each group, how well they do, and the tests of differences; where the style is wide, a line for each model
/// before these, with its labels.
std::string ScoresTable(const v1::CompareScoresResponse& comparison, const TextStyle& style);

/// A line for each partition of each job, after a header. A column for every label, `label_` before those that are
/// called as another column is.
std::string ScoresCsv(const v1::CompareScoresResponse& comparison);

}  // namespace modlab::client
