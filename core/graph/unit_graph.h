#pragma once

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace modlab {

/// The ordered set of units carried by one tensor (definitions.md, section 1).
struct Group {
  /// The layer's name in the model (`features.0`), or `input`.
  std::string name;
  /// `input`, `vocabulary`, `linear`, `conv2d`, `conv_transpose2d`, `lstm`, `gru`, `rnn`, `embedding`, ...
  std::string operation;
  int units = 0;
};

/// What of the weights w a block has: |w|; max(w, 0); max(-w, 0); or w itself, which may be negative.
enum class WeightPart { kMagnitude, kPositive, kNegative, kSigned };
inline double PartOf(double weight, WeightPart part) {
  switch (part) {
    case WeightPart::kMagnitude:
      break;
    case WeightPart::kPositive:
      return weight > 0 ? weight : 0;
    case WeightPart::kNegative:
      return weight < 0 ? -weight : 0;
    case WeightPart::kSigned:
      return weight;
  }
  return std::abs(weight);
}

/// What magnitudes do not say of a block (definitions.md, section 5, `signed`).
struct BlockSigns {
  /// Whether a negative scale (a norm's) turns the signs of a unit's weights. Empty: of none.
  std::vector<char> target_turns;
  std::vector<char> source_turns;
  /// Where the data are kernel norms: those of the kernels' positive and of their negative elements, laid out as the
  /// data, and turned already. Empty: the data are the weights, each with its sign.
  std::vector<double> positive;
  std::vector<double> negative;

  bool Turns(int target_unit, int source_unit) const {
    const bool target = !target_turns.empty() && target_turns[target_unit] != 0;
    const bool source = !source_turns.empty() && source_turns[source_unit] != 0;
    return target != source;
  }
};

/// The weights between units of two groups, a matrix that is read where it lies: entry(t, s) is the weight from the
/// block's source unit s to its target unit t, the absolute value of the element at
/// data[t * target_stride + s * source_stride] times target_scale[t] times source_scale[s]. The element's own sign is
/// kept in the data, and what else there is to know of it in `signs`: weight_part.h reads them. A block's units are
/// consecutive ones of their groups, from an offset on; several blocks may lie between the same units, and their
/// weights add up.
///
/// Of a grouped convolution only what a weight can occupy is there: targets and sources are cut into
/// `convolution_groups` equal parts, entry(t, s) is 0 unless both lie in parts of the same number, and s counts from
/// its part's first source in the formula above.
///
/// Exactly one of the two element pointers is set. One of the strides is 1 for every block that the model reader makes
/// (fast), but any strides are right. Scales are absolute (>= 0) and may be empty, which means all ones.
///
/// A sparse block has compressed rows instead: the elements of target unit t are data[row_starts[t]] to
/// data[row_starts[t + 1] - 1], those of the source units row_sources[row_starts[t]], ..., which ascend. All other
/// entries are 0; a weight can occupy each of them. Strides mean nothing then, and there is one convolution group.
///
/// `owner` keeps the memory alive (a tensor's storage, a vector). Immutable after construction, so it is safe to read
/// from many threads. Copying copies the view, never the weights.
struct Block {
  int source = 0;         ///< Index of the group whose units are read.
  int target = 0;         ///< Index of the group whose units are written.
  int source_offset = 0;  ///< Index in its group of the first source unit.
  int target_offset = 0;
  int source_units = 0;
  int target_units = 0;
  /// The layer that the weights belong to (`layer1.0.conv2`): not the target group's where a layer adds to the units of
  /// another one.
  std::string layer;

  const float* float_data = nullptr;
  const double* double_data = nullptr;
  int64_t target_stride = 0;
  int64_t source_stride = 1;
  const int* row_starts = nullptr;  ///< [target_units + 1]; null: the block is dense.
  const int* row_sources = nullptr;
  std::vector<double> target_scale;
  std::vector<double> source_scale;
  std::shared_ptr<const void> owner;

  /// For null models: how many elements of a kernel went into one entry, and the number of a target unit's inputs.
  int64_t kernel_size = 1;
  int64_t fan_in = 0;
  /// Number of groups of a grouped convolution; 1 for all else.
  int convolution_groups = 1;
  /// Whether a weight can occupy the entry, row-major [target][source]; null: every one of those that are there.
  std::shared_ptr<const std::vector<uint8_t>> occupiable;
  /// Entries up to this are 0.
  double threshold = 0;
  /// Null: the data are the weights, and no scale turns their signs.
  std::shared_ptr<const BlockSigns> signs;
  /// What the entries are. Others than magnitudes are made by PartOf, and only for those who say that they take them.
  WeightPart part = WeightPart::kMagnitude;

  bool is_sparse() const { return row_starts != nullptr; }
  /// Number of entries that are stored: of a sparse block those of its rows, else all but those between different
  /// groups of a convolution.
  int64_t stored_entries() const;
  /// |weight|, or its part, with scales applied. For tests and small graphs; kernels read the data themselves.
  double entry(int target_unit, int source_unit) const;
};

/// A network as a weighted graph of units: groups and blocks; undirected adjacency A = U + U^T where U holds the blocks
/// (so an entry of a block from a group to itself on the diagonal counts twice). Never an edge list.
///
/// Plain data: build it, then share it read-only between threads.
class UnitGraph {
 public:
  /// Appends a group and returns its index.
  int AddGroup(Group group);
  /// Appends a block. Its groups must exist and have its units; otherwise std::logic_error.
  void AddBlock(Block block);
  /// Makes all weights from and to the units that `of_unit` is not 0 for zero, by blocks' scales.
  void RemoveWeights(const std::vector<char>& of_unit);
  /// Makes weights up to a threshold zero; lower ones than before have no effect.
  void RaiseThreshold(double threshold);

  const std::vector<Group>& groups() const { return groups_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  /// Number of units in all groups.
  int units() const { return first_unit_.empty() ? 0 : first_unit_.back() + groups_.back().units; }
  /// Unit number of a group's first unit; units are numbered through the groups in order.
  int first_unit(int group) const { return first_unit_[group]; }
  /// Unit number of a block's first source or target unit.
  int first_source_unit(const Block& block) const { return first_unit_[block.source] + block.source_offset; }
  int first_target_unit(const Block& block) const { return first_unit_[block.target] + block.target_offset; }

  std::vector<std::string> warnings;
  /// Number of units that forward returns, whether they are in the graph or not.
  int outputs = 0;

 private:
  std::vector<Group> groups_;
  std::vector<int> first_unit_;
  std::vector<Block> blocks_;
};

/// Number of a block's entries that a weight can occupy, of those that are not zero, and their sum. O(entries).
struct BlockTotals {
  int64_t entries = 0;
  int64_t edges = 0;
  double weight = 0;
};
BlockTotals Totals(const Block& block);

/// A block that owns a row-major [target][source] matrix. For tests and for weights that had to be computed.
Block OwnedBlock(int source, int target, int source_units, int target_units, std::vector<double> weights);

}  // namespace modlab
