#include "core/graph/unit_graph.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "core/graph/block_rows.h"

namespace modlab {
namespace {

/// Index of an entry's element in the data; -1 where it is not stored.
int64_t Offset(const Block& block, int target_unit, int source_unit) {
  if (block.is_sparse()) {
    const int* const end = block.row_sources + block.row_starts[target_unit + 1];
    const int* const found = std::lower_bound(block.row_sources + block.row_starts[target_unit], end, source_unit);
    return found == end || *found != source_unit ? -1 : found - block.row_sources;
  }
  const int part_sources = block.source_units / block.convolution_groups;
  const int part_targets = block.target_units / block.convolution_groups;
  if (target_unit / part_targets != source_unit / part_sources) return -1;
  return target_unit * block.target_stride + source_unit % part_sources * block.source_stride;
}

}  // namespace

int64_t Block::stored_entries() const {
  if (is_sparse()) return int64_t{row_starts[target_units]} - row_starts[0];
  return int64_t{target_units} * (source_units / convolution_groups);
}

double Block::entry(int target_unit, int source_unit) const {
  const int64_t offset = Offset(*this, target_unit, source_unit);
  if (offset < 0) return 0;
  const bool turns = part != WeightPart::kMagnitude && signs != nullptr && signs->Turns(target_unit, source_unit);
  const double element = float_data != nullptr ? static_cast<double>(float_data[offset]) : double_data[offset];
  double weight = PartOf(turns ? -element : element, part);
  if (!target_scale.empty()) weight *= target_scale[target_unit];
  if (!source_scale.empty()) weight *= source_scale[source_unit];
  return std::abs(weight) <= threshold ? 0 : weight;
}

int UnitGraph::AddGroup(Group group) {
  if (group.units < 0) throw std::logic_error("group " + group.name + " has a negative number of units");
  first_unit_.push_back(units());
  groups_.push_back(std::move(group));
  return static_cast<int>(groups_.size()) - 1;
}

void UnitGraph::AddBlock(Block block) {
  const auto check = [this](const char* end, int group, int first, int units, const std::vector<double>& scale) {
    if (group < 0 || group >= static_cast<int>(groups_.size())) {
      throw std::logic_error(std::string("a block's ") + end + " is no group of the graph");
    }
    if (first < 0 || units < 0 || first > groups_[group].units - units) {
      throw std::logic_error("a block has units that its " + std::string(end) + " group " + groups_[group].name +
                             " has not");
    }
    if (!scale.empty() && static_cast<int>(scale.size()) != units) {
      throw std::logic_error(std::string("a block's ") + end + " scale is of another length than its units");
    }
  };
  check("source", block.source, block.source_offset, block.source_units, block.source_scale);
  check("target", block.target, block.target_offset, block.target_units, block.target_scale);
  const int parts = block.convolution_groups;
  if (parts < 1 || block.source_units % parts != 0 || block.target_units % parts != 0) {
    throw std::logic_error("a block's units cannot be cut into its groups of a convolution");
  }
  const bool has_norms = block.signs != nullptr && !block.signs->positive.empty();
  if (block.is_sparse() && (parts != 1 || block.occupiable != nullptr || has_norms || block.row_sources == nullptr)) {
    throw std::logic_error("a sparse block has weights that any of its entries can be, and no computed norms");
  }
  const int64_t entries = int64_t{block.target_units} * block.source_units;
  if (block.occupiable != nullptr && static_cast<int64_t>(block.occupiable->size()) != entries) {
    throw std::logic_error("a block does not say of each entry whether a weight can occupy it");
  }
  if (block.signs != nullptr) {
    const auto is_right = [](size_t size, size_t wanted) { return size == 0 || size == wanted; };
    const auto norms = static_cast<size_t>(entries / parts);
    if (!is_right(block.signs->target_turns.size(), block.target_units) ||
        !is_right(block.signs->source_turns.size(), block.source_units) ||
        !is_right(block.signs->positive.size(), norms) ||
        block.signs->positive.size() != block.signs->negative.size()) {
      throw std::logic_error("a block's signs are not those of its entries");
    }
  }
  if ((block.float_data == nullptr) == (block.double_data == nullptr)) {
    throw std::logic_error("a block has either float or double data");
  }
  blocks_.push_back(std::move(block));
}

void UnitGraph::RemoveWeights(const std::vector<char>& of_unit) {
  const auto scale = [&](int first, int units, std::vector<double>& scales) {
    const auto begin = of_unit.begin() + first;
    if (std::all_of(begin, begin + units, [](char removed) { return removed == 0; })) return;
    scales.resize(units, 1);
    for (int unit = 0; unit < units; ++unit) {
      if (begin[unit] != 0) scales[unit] = 0;
    }
  };
  for (Block& block : blocks_) {
    scale(first_source_unit(block), block.source_units, block.source_scale);
    scale(first_target_unit(block), block.target_units, block.target_scale);
  }
}

void UnitGraph::RaiseThreshold(double threshold) {
  for (Block& block : blocks_) block.threshold = std::max(block.threshold, threshold);
}

BlockTotals Totals(const Block& block) {
  const BlockRows rows(block);
  std::vector<double> weights;
  BlockTotals totals;
  totals.entries = block.occupiable == nullptr
                       ? int64_t{block.target_units} * (block.source_units / block.convolution_groups)
                       : std::count(block.occupiable->begin(), block.occupiable->end(), uint8_t{1});
  for (int row = 0; row < rows.rows(); ++row) {
    rows.EntriesOf(row, weights).ForEach([&](int, double weight) {
      if (weight != 0) ++totals.edges;
      totals.weight += weight;
    });
  }
  return totals;
}

Block OwnedBlock(int source, int target, int source_units, int target_units, std::vector<double> weights) {
  if (weights.size() != static_cast<size_t>(source_units) * static_cast<size_t>(target_units)) {
    throw std::logic_error("a block's weights do not fill it");
  }
  const auto owner = std::make_shared<const std::vector<double>>(std::move(weights));
  Block block;
  block.source = source;
  block.target = target;
  block.source_units = source_units;
  block.target_units = target_units;
  block.double_data = owner->data();
  block.target_stride = source_units;
  block.source_stride = 1;
  block.fan_in = source_units;
  block.owner = owner;
  return block;
}

}  // namespace modlab
