#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "core/graph/model_reader.h"

namespace modlab::reader {

/// Where the units of a source group stand in a weight's input.
struct WeightSources {
  /// By unit: the positions along the input's axis that belong to it, ascending. Empty for units that are not read.
  std::vector<std::vector<int64_t>> positions;
  /// Factor of each position, >= 0. Empty: all ones.
  std::vector<double> position_scale;
};

/// The block of a weight [out][in / groups][kernel ...]: a view where each unit is one position and each slice one
/// element, else the kernel norms of the slices, where the positions of one unit are stacked above each other.
/// `source`, `target` and `target_scale` are left to the caller.
Block MakeBlock(const at::Tensor& weight, int groups, const WeightSources& sources, KernelNorm kernel_norm,
                RunContext& context);

/// Throws kWeightsNotFinite, with `layer` and the index of the first NaN or infinity.
void CheckFinite(const at::Tensor& weight, const std::string& layer, RunContext& context);

/// Sets connected[first + unit] for all units with a non-zero weight in the block.
void MarkConnected(const Block& block, int first_source, int first_target, std::vector<char>& connected,
                   RunContext& context);

}  // namespace modlab::reader
