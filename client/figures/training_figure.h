#pragma once

#include <string>
#include <vector>

#include "modlab/v1/comparison.pb.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// A training's loss, metrics and modularity over its epochs, with the switches of its goals: an SVG document. `job` is
/// a `train` job that has SUCCEEDED. Throws Failure (kRefused) where there is nothing to draw.
std::string DrawTraining(const v1::Job& job, const std::string& title, const std::string& id_prefix);

/// Groups of networks side by side, by these measures (as GroupMeasure has them): an SVG document. Throws likewise.
std::string DrawComparison(const v1::CompareScoresResponse& comparison, const std::vector<std::string>& measures,
                           const std::string& title, const std::string& id_prefix);

/// What is worth to be drawn of a comparison, at most four: Q by the method to answer by (MainMethod) and of planted
/// partitions, how well the networks do, then Q by the other methods.
std::vector<std::string> MeasuresToDraw(const v1::CompareScoresResponse& comparison);

}  // namespace modlab::client
