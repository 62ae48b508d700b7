#pragma once

#include <vector>

#include "core/graph/unit_graph.h"
#include "core/measure/measure.h"
#include "core/run_context.h"

namespace modlab {

/// What a modularity expects between two nodes: gamma times N_ij = sum over parts p of
/// (out_pi in_pj + in_pi out_pj) / total_p. Newman's and the directed modularity have one part, the one by pairs of
/// layers has one for each block, the signed one has two, of positive weights and, with a negative total, of negative
/// ones. A node is a unit, or several that have become one; then its strengths are their sums.
class ExpectedWeights {
 public:
  struct Strength {
    int part = 0;
    double out = 0;
    double in = 0;
  };

  /// Of a graph's units. Reads every weight once.
  ExpectedWeights(const UnitGraph& graph, Objective objective, double resolution, RunContext& context);
  /// Of nodes that several of these have become: `clusters` of them, by label.
  ExpectedWeights Aggregated(const std::vector<int>& labels, int clusters) const;

  int nodes() const { return static_cast<int>(first_.size()) - 1; }
  /// All of a node's weights, in and out, of either sign.
  double strength(int node) const;
  int parts() const { return static_cast<int>(factors_.size()); }
  const Strength* begin(int node) const { return strengths_.data() + first_[node]; }
  const Strength* end(int node) const { return strengths_.data() + first_[node + 1]; }
  /// gamma / total_p.
  double factor(int part) const { return factors_[part]; }
  /// Whether less than nothing may be expected between two nodes: then they may gain by being in one cluster without
  /// any weight between them.
  bool is_signed() const { return is_signed_; }

 private:
  ExpectedWeights() = default;
  /// Adds a part, or one for each block, to the factors and to the units' strengths.
  void AddParts(const UnitGraph& graph, bool by_block, double resolution, RunContext& context,
                std::vector<std::vector<Strength>>& of_unit);

  std::vector<size_t> first_;  ///< Index of each node's first strength, and the number of strengths.
  std::vector<Strength> strengths_;
  std::vector<double> factors_;
  bool is_signed_ = false;
};

/// Sums of nodes' strengths for each of some clusters.
class ClusterStrengths {
 public:
  ClusterStrengths(const ExpectedWeights& expected, const std::vector<int>& labels, int clusters);

  void Add(int node, int cluster) { Change(node, cluster, 1); }
  void Remove(int node, int cluster) { Change(node, cluster, -1); }
  /// The weight that is expected between a node and the nodes of a cluster, times gamma.
  double Expected(int node, int cluster) const {
    const double* const sums = of(cluster);
    double expected = 0;
    for (const auto* strength = expected_.begin(node); strength != expected_.end(node); ++strength) {
      expected += expected_.factor(strength->part) *
                  (strength->out * sums[2 * strength->part + 1] + strength->in * sums[2 * strength->part]);
    }
    return expected;
  }
  /// The same between two clusters: `cluster` of this and `other_cluster` of `other`.
  double Expected(int cluster, const ClusterStrengths& other, int other_cluster) const;

 private:
  void Change(int node, int cluster, double sign);
  double* of(int cluster) { return sums_.data() + static_cast<size_t>(cluster) * 2 * expected_.parts(); }
  const double* of(int cluster) const { return sums_.data() + static_cast<size_t>(cluster) * 2 * expected_.parts(); }

  const ExpectedWeights& expected_;
  std::vector<double> sums_;  ///< [cluster][part][out, in]
};

}  // namespace modlab
