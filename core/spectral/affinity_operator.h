#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "core/graph/block_rows.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// The adjacency A of an undirected weighted graph, as something that can be applied. Implementations decide where the
/// weights lie and how they are read; the clustering above never sees an entry.
class AffinityOperator {
 public:
  virtual ~AffinityOperator() = default;
  virtual int units() const = 0;
  /// y = A x for `columns` vectors, column-major [units][columns]. x and y must not overlap. Deterministic: the same x
  /// gives the same y, bit for bit, whatever the number of threads.
  virtual void Apply(const double* x, double* y, int columns) const = 0;
  /// Row sums of A (a self-loop of weight w counts 2w). Computed once.
  virtual const std::vector<double>& degrees() const = 0;
  /// Each unit's side, 0 or 1, where every edge joins units of different sides. Apply takes half the arithmetic for x
  /// that are 0 on one side.
  virtual std::optional<std::vector<char>> Sides() const = 0;
  /// For A = [0 B; B^T 0], B's columns being the units of `side`: the lower triangle of B^T S^2 B, as
  /// GramMatrix has it. `row_scale` has one for every unit. Nothing where it is no faster to apply that `applications`
  /// times than A twice as often, or where it would be too large.
  virtual std::optional<Eigen::MatrixXd> SideGram(char side, const std::vector<double>& row_scale,
                                                  int applications) const = 0;
  /// For every unit its connected component, numbered by their first unit; -1 for units of degree 0.
  virtual std::vector<int> Components() const = 0;
};

/// A of a unit graph, applied block by block: each weight is read once per application, for both directions.
/// Accumulates in double. The graph and the context must outlive it. Bandwidth-bound; O(entries) per application.
class BlockAffinity final : public AffinityOperator {
 public:
  BlockAffinity(const UnitGraph& graph, RunContext& context);
  int units() const override { return graph_.units(); }
  void Apply(const double* x, double* y, int columns) const override;
  const std::vector<double>& degrees() const override { return degrees_; }
  /// By groups: nullopt where blocks join groups in a cycle of odd length.
  std::optional<std::vector<char>> Sides() const override;
  std::optional<Eigen::MatrixXd> SideGram(char side, const std::vector<double>& row_scale,
                                          int applications) const override;
  std::vector<int> Components() const override { return ConnectedComponents(graph_, context_); }

 private:
  const UnitGraph& graph_;
  RunContext& context_;
  ChunkedRows rows_;
  std::vector<double> degrees_;
};

}  // namespace modlab
