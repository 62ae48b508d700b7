#include "core/graph/weight_part.h"

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace modlab {
namespace {

/// Makes an entry 0 wherever the block's is, though its kernel's elements are not.
void ApplyThreshold(const Block& block, std::vector<double>& norms) {
  const int part_targets = block.target_units / block.convolution_groups;
  const int part_sources = block.source_units / block.convolution_groups;
  for (int target = 0; target < block.target_units; ++target) {
    for (int i = 0; i < part_sources; ++i) {
      if (block.entry(target, target / part_targets * part_sources + i) != 0) continue;
      norms[target * block.target_stride + i * block.source_stride] = 0;
    }
  }
}

std::vector<double> Difference(const BlockSigns& signs) {
  std::vector<double> difference = signs.positive;
  for (size_t i = 0; i < difference.size(); ++i) difference[i] -= signs.negative[i];
  return difference;
}

/// Makes the block one of norms that are computed: its data are `norms`, which `owner` keeps.
void TakeNorms(const std::vector<double>& norms, std::shared_ptr<const void> owner, Block& block) {
  block.float_data = nullptr;
  block.double_data = norms.data();
  block.owner = std::move(owner);
}

}  // namespace

Block PartOf(const Block& block, WeightPart part) {
  if (block.part != WeightPart::kMagnitude) throw std::logic_error("a part of weights has no parts");
  Block result = block;
  if (part == WeightPart::kMagnitude) return result;
  result.part = part;
  if (block.signs == nullptr || block.signs->positive.empty()) return result;

  result.signs = nullptr;
  result.threshold = 0;
  if (part != WeightPart::kSigned) result.part = WeightPart::kMagnitude;  // >= 0 as they are
  const std::vector<double>& norms = part == WeightPart::kNegative ? block.signs->negative : block.signs->positive;
  if (part != WeightPart::kSigned && block.threshold <= 0) {
    TakeNorms(norms, block.signs, result);
    return result;
  }
  const auto own =
      std::make_shared<std::vector<double>>(part == WeightPart::kSigned ? Difference(*block.signs) : norms);
  if (block.threshold > 0) ApplyThreshold(block, *own);
  TakeNorms(*own, own, result);
  return result;
}

UnitGraph PartOf(const UnitGraph& graph, WeightPart part) {
  UnitGraph result;
  for (const Group& group : graph.groups()) result.AddGroup(group);
  for (const Block& block : graph.blocks()) result.AddBlock(PartOf(block, part));
  result.outputs = graph.outputs;
  return result;
}

}  // namespace modlab
