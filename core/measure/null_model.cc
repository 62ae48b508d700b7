#include "core/measure/null_model.h"

#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/graph/sparse_entries.h"
#include "core/graph/weight_part.h"
#include "core/measure/random_pattern.h"

namespace modlab {
namespace {

constexpr double kStrengthTolerance = 1e-9;
constexpr int kMostScalings = 20'000;

/// A block's weights, as they lie in memory of their own: rows as BlockRows has them, each with the entries of its
/// part, or those that a sparse block stores.
template <typename Element>
struct OwnWeights {
  std::vector<Element> values;
  /// Whether a weight can occupy each of them; empty: all.
  std::vector<uint8_t> occupiable;
};

/// Where a dense block's copy has the first entry of a row, and how far apart its rows are.
struct Layout {
  explicit Layout(const Block& block)
      : rows_are_sources(BlockRows(block).rows_are_sources()),
        part_targets(block.target_units / block.convolution_groups),
        part_sources(block.source_units / block.convolution_groups),
        target_stride(rows_are_sources ? 1 : part_sources),
        source_stride(rows_are_sources ? block.target_units : 1) {}

  int64_t Offset(int target, int source) const {
    return target * target_stride + (source % part_sources) * source_stride;
  }

  bool rows_are_sources;
  int part_targets;
  int part_sources;
  int64_t target_stride;
  int64_t source_stride;
};

struct EveryPlace {
  bool operator()(size_t /*place*/) const { return true; }
};

template <typename Element>
OwnWeights<Element> Copy(const Block& block, const Layout& layout, const RunContext& context) {
  const BlockRows rows(block);
  OwnWeights<Element> own;
  std::vector<double> weights;
  if (block.is_sparse()) {
    own.values.reserve(block.stored_entries());
    for (int row = 0; row < rows.rows(); ++row) {
      context.CheckCancelled();
      rows.EntriesOf(row, weights).ForEach([&](int, double weight) {
        own.values.push_back(static_cast<Element>(weight));
      });
    }
    return own;
  }
  own.values.resize(static_cast<size_t>(block.target_units) * layout.part_sources);
  if (block.occupiable != nullptr) own.occupiable.resize(own.values.size());
  weights.resize(rows.columns());
  for (int row = 0; row < rows.rows(); ++row) {
    context.CheckCancelled();
    const BlockRows::Columns columns = rows.ColumnsOf(row, row + 1);
    rows.Read(row, columns.first, columns.last - columns.first, weights.data());
    for (int column = columns.first; column < columns.last; ++column) {
      const int target = layout.rows_are_sources ? column : row;
      const int source = layout.rows_are_sources ? row : column;
      const int64_t offset = layout.Offset(target, source);
      own.values[offset] = static_cast<Element>(weights[column - columns.first]);
      if (block.occupiable != nullptr) {
        own.occupiable[offset] = (*block.occupiable)[static_cast<size_t>(target) * block.source_units + source];
      }
    }
  }
  return own;
}

template <typename Element>
void Permute(std::vector<Element>& values, Random& random, const RunContext& context) {
  constexpr size_t between_checks = 1 << 20;
  for (size_t i = values.size(); i > 1; --i) {
    if (i % between_checks == 0) context.CheckCancelled();
    std::swap(values[i - 1], values[random.Index(i)]);
  }
}

/// Permutes those values that `is_place` says.
template <typename Element, typename IsPlace>
void Permute(std::vector<Element>& values, const IsPlace& is_place, Random& random, const RunContext& context) {
  if constexpr (std::is_same_v<IsPlace, EveryPlace>) {
    Permute(values, random, context);
    return;
  }
  std::vector<Element> moved;
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_place(i)) moved.push_back(values[i]);
  }
  Permute(moved, random, context);
  size_t next = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_place(i)) values[i] = moved[next++];
  }
}

bool HasSignedNorms(const Block& block) { return block.signs != nullptr && !block.signs->positive.empty(); }

/// A block's weights with their signs, and with the norms of either sign where these were computed.
template <typename Element>
struct SignedWeights {
  OwnWeights<Element> own;
  std::shared_ptr<BlockSigns> norms;  ///< Null: the weights have their signs.
};

template <typename Element>
SignedWeights<Element> CopySigned(const Block& block, const Layout& layout, const RunContext& context) {
  if (!HasSignedNorms(block)) return {Copy<Element>(PartOf(block, WeightPart::kSigned), layout, context), nullptr};
  SignedWeights<Element> copy{Copy<Element>(block, layout, context), std::make_shared<BlockSigns>()};
  copy.norms->positive = Copy<double>(PartOf(block, WeightPart::kPositive), layout, context).values;
  copy.norms->negative = Copy<double>(PartOf(block, WeightPart::kNegative), layout, context).values;
  return copy;
}

/// Permutes those that `is_place` says, with their signs.
template <typename Element, typename IsPlace>
void PermuteAll(SignedWeights<Element>& weights, const IsPlace& is_place, Random& random, const RunContext& context) {
  if (weights.norms != nullptr) {
    for (std::vector<double>* norms : {&weights.norms->positive, &weights.norms->negative}) {
      Random same = random;
      Permute(*norms, is_place, same, context);
    }
  }
  Permute(weights.own.values, is_place, random, context);
}

/// Permutes the sizes of those other than zero and leaves their signs, and the shares of norms of either sign.
template <typename Element>
void PermuteSizes(SignedWeights<Element>& weights, Random& random, const RunContext& context) {
  std::vector<Element>& values = weights.own.values;
  const std::vector<Element> before = values;
  Permute(
      values, [&](size_t i) { return values[i] != 0; }, random, context);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == 0) continue;
    if (weights.norms == nullptr) {
      values[i] = std::copysign(values[i], before[i]);
      continue;
    }
    const double change = static_cast<double>(values[i]) / static_cast<double>(before[i]);
    weights.norms->positive[i] *= change;
    weights.norms->negative[i] *= change;
  }
}

template <typename Element>
Block Permuted(const Block& block, NullModel model, Random& random, const RunContext& context) {
  const Layout layout(block);
  SignedWeights<Element> weights = CopySigned<Element>(block, layout, context);
  OwnWeights<Element>& own = weights.own;
  if (model == NullModel::kDegree) {
    PermuteSizes(weights, random, context);
  } else if (model == NullModel::kLayerNonzero) {
    PermuteAll(
        weights, [&](size_t i) { return own.values[i] != 0; }, random, context);
  } else if (!own.occupiable.empty()) {
    PermuteAll(
        weights, [&](size_t i) { return own.occupiable[i] != 0; }, random, context);
  } else {
    PermuteAll(weights, EveryPlace(), random, context);
  }

  Block permuted = block;
  permuted.signs = std::move(weights.norms);
  permuted.target_scale.clear();
  permuted.source_scale.clear();
  permuted.threshold = 0;
  if (block.is_sparse()) {
    SparseEntries<Element> entries{model == NullModel::kLayer
                                       ? DrawPattern(block.target_units, block.source_units,
                                                     static_cast<int>(block.stored_entries()), random, context)
                                       : PatternOf(block),
                                   std::move(own.values)};
    TakeEntries(std::move(entries), permuted);
    return permuted;
  }
  const auto owner = std::make_shared<const std::vector<Element>>(std::move(own.values));
  permuted.float_data = nullptr;
  permuted.double_data = nullptr;
  if constexpr (std::is_same_v<Element, float>) {
    permuted.float_data = owner->data();
  } else {
    permuted.double_data = owner->data();
  }
  permuted.owner = owner;
  permuted.target_stride = layout.target_stride;
  permuted.source_stride = layout.source_stride;
  return permuted;
}

/// Row and column sums of a block.
struct Strengths {
  std::vector<double> rows;
  std::vector<double> columns;
};

/// Of a block whose columns are scaled; before a row's weights are added to the columns' sums, `of_row(row, sum)` says
/// by how much the row is scaled.
template <typename OfRow>
Strengths Sum(const BlockRows& block, const std::vector<double>& column_scale, const OfRow& of_row,
              const RunContext& context) {
  Strengths sums{std::vector<double>(block.rows(), 0.0), std::vector<double>(block.columns(), 0.0)};
  std::vector<double> weights;
  for (int row = 0; row < block.rows(); ++row) {
    context.CheckCancelled();
    const RowEntries entries = block.EntriesOf(row, weights);
    entries.ForEach([&](int column, double weight) { sums.rows[row] += weight * column_scale[column]; });
    const double scale = of_row(row, sums.rows[row]);
    entries.ForEach([&](int column, double weight) { sums.columns[column] += weight * scale; });
  }
  return sums;
}

/// Scales the block until its row and column sums are those of `wanted`.
void ScaleTo(const Block& wanted, Block& block, const RunContext& context) {
  const BlockRows wanted_rows(wanted);
  const BlockRows rows(block);
  const std::vector<double> ones(wanted_rows.columns(), 1.0);
  Strengths target = Sum(
      wanted_rows, ones, [](int, double) { return 1.0; }, context);
  if (wanted_rows.rows_are_sources() != rows.rows_are_sources()) std::swap(target.rows, target.columns);
  std::vector<double> row_scale(rows.rows(), 1.0);
  std::vector<double> column_scale(rows.columns(), 1.0);
  for (int scaling = 0; scaling < kMostScalings; ++scaling) {
    double error = 0;
    const auto of_row = [&](int row, double sum) {
      if (sum <= 0) return 1.0;
      error = std::max(error, std::abs(row_scale[row] * sum - target.rows[row]) / target.rows[row]);
      return row_scale[row] = target.rows[row] / sum;
    };
    const Strengths sums = Sum(rows, column_scale, of_row, context);
    for (int column = 0; column < rows.columns(); ++column) {
      if (sums.columns[column] > 0) column_scale[column] = target.columns[column] / sums.columns[column];
    }
    // The columns are right now; the rows were right to `error` when the columns last were.
    if (scaling > 0 && error <= kStrengthTolerance) {
      (rows.rows_are_sources() ? block.source_scale : block.target_scale) = std::move(row_scale);
      (rows.rows_are_sources() ? block.target_scale : block.source_scale) = std::move(column_scale);
      return;
    }
  }
  throw Error(ErrorKind::kNotConverged,
              "the weights of layer " + block.layer +
                  ", permuted, could not be scaled to their units' strengths: it has too few weights other than zero. "
                  "Take another null model than `degree`.");
}

}  // namespace

UnitGraph DrawNull(const UnitGraph& graph, NullModel model, Random& random, const RunContext& context) {
  UnitGraph null;
  for (const Group& group : graph.groups()) null.AddGroup(group);
  for (const Block& block : graph.blocks()) {
    Block permuted = block.float_data != nullptr ? Permuted<float>(block, model, random, context)
                                                 : Permuted<double>(block, model, random, context);
    if (model == NullModel::kDegree) ScaleTo(block, permuted, context);
    null.AddBlock(std::move(permuted));
  }
  null.outputs = graph.outputs;
  return null;
}

}  // namespace modlab
