#include "core/graph/normalization.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/graph/model_reader.h"
#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

double Scale(const std::vector<double>& scales, size_t index) { return scales.empty() ? 1 : scales[index]; }

double L2Norm(const std::vector<double>& slice) {
  return ComputeKernelNorm(KernelNorm::kL2, slice.data(), static_cast<int64_t>(slice.size()), 1);
}

template <typename Element>
std::vector<double> SparseRowNorms(const WeightOperation& operation, const OperationScales& scales,
                                   RunContext& context) {
  const at::Tensor elements = Elements(operation.weight);
  const auto* const data = elements.data_ptr<Element>();
  const int* const starts = RowStarts(operation.weight);
  const int* const columns = Columns(operation.weight);
  std::vector<double> norms(operation.weight.size(0));
  context.ParallelFor(static_cast<int>(norms.size()), [&](int row) {
    std::vector<double> slice;
    for (int i = starts[row]; i < starts[row + 1]; ++i) {
      if (operation.sources[columns[i]] == kNoUnit) continue;
      slice.push_back(Scale(scales.source, columns[i]) * static_cast<double>(data[i]));
    }
    if (!slice.empty()) norms[row] = std::abs(Scale(scales.target, row)) * L2Norm(slice);
  });
  return norms;
}

/// L2 norm of each row of an operation's weights, its source and target scales applied; what constants are read with is
/// left out.
template <typename Element>
std::vector<double> RowNorms(const WeightOperation& operation, const OperationScales& scales, RunContext& context) {
  if (IsSparse(operation.weight)) return SparseRowNorms<Element>(operation, scales, context);
  const at::Tensor weight = operation.weight.flatten(2 < operation.weight.dim() ? 2 : 1);
  const int64_t rows = weight.size(0);
  const int64_t inputs = operation.weight.size(1);
  const int64_t elements = weight.dim() > 2 ? weight.size(2) : 1;
  const int64_t element_stride = weight.dim() > 2 ? weight.stride(2) : 1;
  const int64_t rows_per_group = std::max<int64_t>(1, rows / operation.groups);
  const auto* data = weight.data_ptr<Element>();
  std::vector<double> norms(rows);
  context.ParallelFor(static_cast<int>(rows), [&](int row) {
    std::vector<double> slice;
    for (int64_t input = 0; input < inputs; ++input) {
      const int64_t position = row / rows_per_group * inputs + input;
      if (operation.sources[position] == kNoUnit) continue;
      const double scale = Scale(scales.source, position);
      const Element* kernel = data + row * weight.stride(0) + input * weight.stride(1);
      for (int64_t i = 0; i < elements; ++i) slice.push_back(scale * static_cast<double>(kernel[i * element_stride]));
    }
    if (!slice.empty()) norms[row] = std::abs(Scale(scales.target, row)) * L2Norm(slice);
  });
  return norms;
}

/// Number of an operation's first output unit.
int FirstUnit(const UnitTracker& tracker, const WeightOperation& operation) {
  return tracker.ranges()[operation.range].first;
}

/// Norm of each unit's incoming weights, by representative; 0 where it has none, or is not hidden.
class UnitNorms {
 public:
  explicit UnitNorms(const UnitTracker& tracker)
      : tracker_(tracker), is_result_(tracker.Results()), norms_(is_result_.size(), 0) {}

  bool IsHidden(int unit) const {
    return IsUnit(unit) && !tracker_.IsGiven(unit) && is_result_[tracker_.Representative(unit)] == 0;
  }
  double Of(int unit) const { return IsUnit(unit) ? norms_[tracker_.Representative(unit)] : 0; }
  bool IsKnown(int unit) const { return !IsHidden(unit) || Of(unit) > 0; }
  void Note(int unit, double norm) {
    if (!IsKnown(unit) && std::isnormal(norm)) norms_[tracker_.Representative(unit)] = norm;
  }

 private:
  const UnitTracker& tracker_;
  std::vector<char> is_result_;
  std::vector<double> norms_;
};

/// The operation's source scales times the norms, where they are known, of the units that it reads.
std::vector<double> SourceScales(const WeightOperation& operation, const OperationScales& scales,
                                 const UnitNorms& norms) {
  std::vector<double> result = scales.source;
  result.resize(operation.sources.size(), 1);
  for (size_t position = 0; position < result.size(); ++position) {
    const double norm = norms.Of(operation.sources[position]);
    if (norm > 0) result[position] *= norm;
  }
  return result;
}

}  // namespace

void NormalizeIncoming(const UnitTracker& tracker, std::vector<OperationScales>& scales, UnitGraph& graph,
                       RunContext& context) {
  UnitNorms norms(tracker);
  const auto& operations = tracker.weight_operations();
  for (size_t i = 0; i < operations.size(); ++i) {
    const WeightOperation& operation = operations[i];
    const int first = FirstUnit(tracker, operation);
    const auto rows = static_cast<int>(operation.weight.size(0));
    bool all_known = true;
    for (int row = 0; row < rows; ++row) all_known = all_known && norms.IsKnown(first + row);
    if (all_known) continue;
    const OperationScales now{SourceScales(operation, scales[i], norms), scales[i].target};
    const std::vector<double> found = operation.weight.scalar_type() == at::kDouble
                                          ? RowNorms<double>(operation, now, context)
                                          : RowNorms<float>(operation, now, context);
    for (int row = 0; row < rows; ++row) norms.Note(first + row, found[row]);
  }
  for (size_t i = 0; i < operations.size(); ++i) {
    scales[i].source = SourceScales(operations[i], scales[i], norms);
    const int first = FirstUnit(tracker, operations[i]);
    scales[i].target.resize(operations[i].weight.size(0), 1);
    for (size_t row = 0; row < scales[i].target.size(); ++row) {
      const double norm = norms.Of(first + static_cast<int>(row));
      if (norm > 0) scales[i].target[row] /= norm;
    }
  }
  for (const auto& [source, unit] : tracker.inhomogeneous()) {
    if (!norms.IsHidden(unit)) continue;
    graph.warnings.push_back("normalisation by incoming weights: " + source +
                             " is not positively homogeneous, so the numbers depend on how the weights are scaled");
  }
}

void DivideByMeans(std::vector<Block>& blocks, RunContext& context) {
  std::vector<BlockTotals> totals(blocks.size());
  context.ParallelFor(static_cast<int>(blocks.size()), [&](int i) { totals[i] = Totals(blocks[i]); });
  struct Sums {
    double entries = 0;
    double weight = 0;
  };
  std::map<std::pair<int, int>, Sums> by_groups;
  for (size_t i = 0; i < blocks.size(); ++i) {
    Sums& sums = by_groups[{blocks[i].source, blocks[i].target}];
    sums.entries += static_cast<double>(totals[i].entries);
    sums.weight += totals[i].weight;
  }
  for (Block& block : blocks) {
    const Sums& sums = by_groups.at({block.source, block.target});
    if (sums.weight == 0) continue;
    block.target_scale.resize(block.target_units, 1);
    for (double& scale : block.target_scale) scale *= sums.entries / sums.weight;
  }
}

}  // namespace modlab::reader
