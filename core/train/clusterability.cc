#include "core/train/clusterability.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "core/cpu_dispatch.h"
#include "core/error.h"
#include "core/spectral/affinity_operator.h"
#include "core/spectral/embedding.h"

namespace modlab {
namespace {

/// Entries that are worth waking a thread for.
constexpr int kTaskEntries = 32 * 1024;

MODLAB_CPU_DISPATCH
void AddSquaredDifferences(double from, const double* to, int count, double* sums) {
  for (int i = 0; i < count; ++i) sums[i] += (from - to[i]) * (from - to[i]);
}

MODLAB_CPU_DISPATCH
void SubtractSums(double from, const double* to, int count, double* sums) {
  for (int i = 0; i < count; ++i) sums[i] -= from + to[i];
}

/// Adds of_edges to the gradients of elements that lie one after the other, with the elements' signs; 0 gets nothing.
MODLAB_CPU_DISPATCH
void AddWithSigns(const float* elements, const double* of_edges, int count, float* gradients) {
  for (int i = 0; i < count; ++i) {
    const float element = elements[i];
    const float of_edge = static_cast<float>(of_edges[i]);
    gradients[i] += element > 0 ? of_edge : element < 0 ? -of_edge : 0.0F;
  }
}

/// sum over lambda of lambda u_m^2, for every unit m.
Eigen::VectorXd WeightedSquares(const Clusterability& clusterability) {
  const Eigen::Map<const Eigen::VectorXd> eigenvalues(clusterability.eigenvalues.data(),
                                                      static_cast<Eigen::Index>(clusterability.eigenvalues.size()));
  return clusterability.coordinates.cwiseAbs2() * eigenvalues;
}

double ScaleOf(const std::vector<double>& scale, int unit) { return scale.empty() ? 1 : scale[unit]; }

/// One block's elements, and where their gradients go.
template <typename Element, typename Gradient>
struct BlockMemory {
  const Element* data;
  Gradient* gradient;

  /// Adds to the gradients of `count` elements in a row, where a plain loop does: nothing scales them, and only 0 is no
  /// edge. False: it does not.
  bool AddRow(const Block& block, int64_t offset, int64_t stride, const std::vector<double>& of_edges) const {
    if constexpr (std::is_same_v<Element, float> && std::is_same_v<Gradient, float>) {
      if (stride != 1 || block.threshold > 0 || !block.target_scale.empty() || !block.source_scale.empty())
        return false;
      AddWithSigns(data + offset, of_edges.data(), static_cast<int>(of_edges.size()), gradient + offset);
      return true;
    }
    return false;
  }

  /// Adds to the gradient of the element at `offset`, given that of the edge.
  void Add(const Block& block, int target, int source, int64_t offset, double of_edge) const {
    const auto element = static_cast<double>(data[offset]);
    const double target_scale = ScaleOf(block.target_scale, target);
    const double source_scale = ScaleOf(block.source_scale, source);
    if (std::abs(element) * target_scale * source_scale <= block.threshold) return;
    const double sign = element > 0 ? 1 : -1;
    gradient[offset] += static_cast<Gradient>(sign * target_scale * source_scale * of_edge);
  }
};

class GradientAdder {
 public:
  GradientAdder(const UnitGraph& graph, const Clusterability& clusterability, double strength, RunContext& context)
      : graph_(graph),
        coordinates_(clusterability.coordinates),
        weighted_squares_(WeightedSquares(clusterability)),
        strength_(strength),
        context_(context) {}

  template <typename Element, typename Gradient>
  void Add(const Block& block, const BlockMemory<Element, Gradient>& memory) const {
    if (block.target_units == 0 || block.source_units == 0) return;
    if (block.is_sparse()) return AddSparse(block, memory);
    // Along memory; of a grouped convolution, which is small, by targets.
    const bool sources_are_rows =
        block.convolution_groups == 1 && std::abs(block.target_stride) < std::abs(block.source_stride);
    const int rows = sources_are_rows ? block.source_units : block.target_units;
    const int columns =
        sources_are_rows ? block.target_units : block.source_units / block.convolution_groups;  // of a row
    ForRows(rows, columns, [&](int row, std::vector<double>& of_edges) {
      const int first = sources_are_rows ? 0 : row / (rows / block.convolution_groups) * columns;
      const int row_unit = row + (sources_are_rows ? graph_.first_source_unit(block) : graph_.first_target_unit(block));
      const int column_unit =
          first + (sources_are_rows ? graph_.first_target_unit(block) : graph_.first_source_unit(block));
      of_edges.resize(columns);
      EdgeGradients(row_unit, column_unit, columns, of_edges.data());
      const int64_t row_offset = row * (sources_are_rows ? block.source_stride : block.target_stride);
      const int64_t stride = sources_are_rows ? block.target_stride : block.source_stride;
      if (memory.AddRow(block, row_offset, stride, of_edges)) return;
      for (int column = 0; column < columns; ++column) {
        const int target = sources_are_rows ? column : row;
        const int source = sources_are_rows ? row : column;
        memory.Add(block, target, first + source, target * block.target_stride + source * block.source_stride,
                   of_edges[column]);
      }
    });
  }

 private:
  template <typename Element, typename Gradient>
  void AddSparse(const Block& block, const BlockMemory<Element, Gradient>& memory) const {
    const int64_t entries_per_row = block.stored_entries() / block.target_units;
    ForRows(block.target_units, std::max<int64_t>(entries_per_row, 1), [&](int target, std::vector<double>&) {
      for (int entry = block.row_starts[target]; entry < block.row_starts[target + 1]; ++entry) {
        const int source = block.row_sources[entry];
        double of_edge = 0;
        EdgeGradients(graph_.first_target_unit(block) + target, graph_.first_source_unit(block) + source, 1, &of_edge);
        memory.Add(block, target, source, entry, of_edge);
      }
    });
  }

  /// Calls of_row(row, buffer) for all rows, on all threads.
  template <typename OfRow>
  void ForRows(int rows, int64_t entries_per_row, const OfRow& of_row) const {
    const int rows_per_task = static_cast<int>(std::clamp<int64_t>(kTaskEntries / entries_per_row, 1, rows));
    context_.ParallelFor((rows + rows_per_task - 1) / rows_per_task, [&](int task) {
      std::vector<double> buffer;
      const int last = std::min((task + 1) * rows_per_task, rows);
      for (int row = task * rows_per_task; row < last; ++row) of_row(row, buffer);
    });
  }

  /// strength * d sum / d a for the edges from one unit to some others.
  void EdgeGradients(int unit, int first_other, int count, double* of_edges) const {
    std::fill(of_edges, of_edges + count, 0.0);
    for (Eigen::Index vector = 0; vector < coordinates_.cols(); ++vector) {
      const double* const u = coordinates_.col(vector).data();
      AddSquaredDifferences(u[unit], u + first_other, count, of_edges);
    }
    SubtractSums(weighted_squares_[unit], weighted_squares_.data() + first_other, count, of_edges);
    for (int i = 0; i < count; ++i) of_edges[i] *= strength_;
  }

  const UnitGraph& graph_;
  const Eigen::MatrixXd& coordinates_;
  Eigen::VectorXd weighted_squares_;
  double strength_;
  RunContext& context_;
};

template <typename Gradient>
void AddGradient(const UnitGraph& graph, const Clusterability& clusterability, double strength,
                 const std::vector<Gradient*>& gradients, RunContext& context) {
  if (gradients.size() != graph.blocks().size() || clusterability.coordinates.rows() != graph.units()) {
    throw std::logic_error("the clusterability or the gradients are of another graph");
  }
  const GradientAdder adder(graph, clusterability, strength, context);
  // One block after the other: they may share their gradient.
  for (size_t i = 0; i < gradients.size(); ++i) {
    const Block& block = graph.blocks()[i];
    if (gradients[i] == nullptr) continue;
    if (block.float_data != nullptr) {
      adder.Add(block, BlockMemory<float, Gradient>{block.float_data, gradients[i]});
    } else {
      adder.Add(block, BlockMemory<double, Gradient>{block.double_data, gradients[i]});
    }
  }
}

}  // namespace

double Clusterability::EdgeGradient(int a, int b) const {
  double gradient = 0;
  for (Eigen::Index vector = 0; vector < coordinates.cols(); ++vector) {
    const double u_a = coordinates(a, vector);
    const double u_b = coordinates(b, vector);
    gradient += (u_a - u_b) * (u_a - u_b) - eigenvalues[vector] * (u_a * u_a + u_b * u_b);
  }
  return gradient;
}

Clusterability ComputeClusterability(const UnitGraph& graph, const ClusterabilityOptions& options,
                                     RunContext& context) {
  if (options.eigenvalues < 1) {
    throw Error(ErrorKind::kInvalidOption,
                "the number of eigenvalues of the clusterability must be at least 1; it is " +
                    std::to_string(options.eigenvalues) + ".");
  }
  for (const Block& block : graph.blocks()) {
    if (block.part != WeightPart::kMagnitude) throw std::logic_error("clusterability is of weights' magnitudes");
  }
  const BlockAffinity affinity(graph, context);
  const Embedding embedding = Embed(affinity, options.eigenvalues + 1, context);

  Clusterability clusterability;
  clusterability.eigenvalues.assign(embedding.eigenvalues.begin() + 1,
                                    embedding.eigenvalues.begin() + 1 + options.eigenvalues);
  for (const double eigenvalue : clusterability.eigenvalues) clusterability.sum += eigenvalue;
  const size_t next = options.eigenvalues + 1;
  clusterability.gap = next < embedding.eigenvalues.size()
                           ? embedding.eigenvalues[next] - clusterability.eigenvalues.back()
                           : std::numeric_limits<double>::infinity();
  clusterability.coordinates.setZero(graph.units(), options.eigenvalues);
  clusterability.coordinates(embedding.units, Eigen::all) = embedding.coordinates.rightCols(options.eigenvalues);
  return clusterability;
}

double EntryGradient(const UnitGraph& graph, const Clusterability& clusterability, const Block& block, int target_unit,
                     int source_unit) {
  return clusterability.EdgeGradient(graph.first_target_unit(block) + target_unit,
                                     graph.first_source_unit(block) + source_unit);
}

void AddClusterabilityGradient(const UnitGraph& graph, const Clusterability& clusterability, double strength,
                               const std::vector<float*>& gradients, RunContext& context) {
  AddGradient(graph, clusterability, strength, gradients, context);
}

void AddClusterabilityGradient(const UnitGraph& graph, const Clusterability& clusterability, double strength,
                               const std::vector<double*>& gradients, RunContext& context) {
  AddGradient(graph, clusterability, strength, gradients, context);
}

}  // namespace modlab
