#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

struct ClusterabilityOptions {
  /// How many of the smallest eigenvalues of L after the first one, which is always 0, are summed; at least 1. A
  /// network of k clusters has k - 1 small ones.
  int eigenvalues = 1;
};

/// How clusterable a network is by its spectrum ([Fil]: Filan et al., Clusterability in Neural Networks, 2021;
/// definitions.md, section 4), and what its gradient is made of. The smaller the sum, the more clusterable.
struct Clusterability {
  /// Of `eigenvalues`.
  double sum = 0;
  /// Those summed, ascending.
  std::vector<double> eigenvalues;
  /// From the last eigenvalue that is summed to the next one; infinite where there is none. Near 0 the sum has no
  /// derivative: see AddClusterabilityGradient.
  double gap = 0;
  /// u = D^-1/2 v, [units][eigenvalues], for the eigenvectors v of these eigenvalues; 0 for units without edges.
  Eigen::MatrixXd coordinates;

  /// d sum / d a for the weight a of an edge between two units, which may be 0; `a` and `b` are unit numbers.
  double EdgeGradient(int a, int b) const;
};

/// The sum of the smallest eigenvalues of L = I - D^-1/2 A D^-1/2, the first one left out, of the units that have
/// edges. Each connected component but one counts as an eigenvalue of 0. Time as Embed's for `eigenvalues` + 1
/// dimensions: O(applications * entries). Errors: kInvalidOption (eigenvalues below 1), kNoEdges, kClustersOutOfRange
/// (no more units with edges than eigenvalues), kNotConverged. Blocks whose part is not the magnitude:
/// std::logic_error.
Clusterability ComputeClusterability(const UnitGraph& graph, const ClusterabilityOptions& options, RunContext& context);

/// d sum / d entry(t, s) of a block of the graph that the clusterability was computed of: for blocks whose data are not
/// a parameter (kernel norms), and whoever knows what the entry is made of goes on from there. O(eigenvalues).
double EntryGradient(const UnitGraph& graph, const Clusterability& clusterability, const Block& block, int target_unit,
                     int source_unit);

/// Adds strength * d sum / d element to what `gradients` has for each block: null, or the gradient of the block's
/// data, laid out as they are (same strides; of a sparse block the same rows). Blocks that share their data, as tied
/// weights do, may share the gradient. The entries of one block must be different elements.
///
/// For an edge's weight a between units m and n, uDu = 1: d lambda / d a = (u_m - u_n)^2 - lambda (u_m^2 + u_n^2)
/// (Magnus 1985), which holds for self-loops (A_mm = 2a), too; an element w has a = |w| * target_scale * source_scale,
/// hence d a / d w = sign(w) * target_scale * source_scale. Scales are taken for constants, even where they come from
/// parameters. Elements that give no edge (0, or up to the threshold) get nothing.
///
/// An eigenvalue that is several times there has no derivative of its own, but the sum over all of its copies has, and
/// this is it. Where only some of the copies are summed (`gap` 0), this is one of the sum's directional derivatives.
///
/// The graph must be the one, with the weights, that `clusterability` was computed of. Takes O(entries * eigenvalues)
/// and no memory worth mentioning; deterministic for any number of threads.
void AddClusterabilityGradient(const UnitGraph& graph, const Clusterability& clusterability, double strength,
                               const std::vector<float*>& gradients, RunContext& context);
void AddClusterabilityGradient(const UnitGraph& graph, const Clusterability& clusterability, double strength,
                               const std::vector<double*>& gradients, RunContext& context);

}  // namespace modlab
