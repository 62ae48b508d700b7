#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "core/graph/model_reader.h"

namespace modlab::reader {

/// A unit's group, and its index there. Group -1: no unit.
struct Place {
  int group = -1;
  int index = 0;
};

/// Weights of one layer, and the units that they join.
struct LayerWeights {
  std::string layer;
  at::Tensor weight;  ///< [out][in / groups][kernel ...]; or sparse (CompressedRows), [out][in].
  int groups = 1;
  std::vector<Place> sources;        ///< Of the `in` positions that are read. One unit may have several.
  std::vector<Place> targets;        ///< Of the `out` rows.
  std::vector<double> source_scale;  ///< By position; negative ones turn signs. Empty: all ones.
  std::vector<double> target_scale;  ///< By row, likewise. Empty: all ones.
};

/// A layer's weights as blocks: views of them, dense or sparse, where a kernel has one element and each unit one
/// position, else the kernel norms of the slices, and of their positive and their negative elements, where the
/// positions of one unit are stacked above each other. A block holds each target unit once; where several rows write
/// one unit, there are several blocks between the same units.
std::vector<Block> MakeBlocks(const LayerWeights& weights, KernelNorm kernel_norm, RunContext& context);

/// Throws kWeightsNotFinite, with `layer` and the index of the first NaN or infinity.
void CheckFinite(const at::Tensor& weight, const std::string& layer, RunContext& context);

/// For each unit, whether it has a non-zero weight.
std::vector<char> UnitsWithEdges(const UnitGraph& graph, RunContext& context);

}  // namespace modlab::reader
