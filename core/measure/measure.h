#pragma once

#include <optional>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// A block's part in the sums below, by cluster.
struct BlockSums {
  std::vector<double> internal;      ///< l_c: weights between units of c.
  std::vector<double> out_strength;  ///< Weights from units of c.
  std::vector<double> in_strength;   ///< Weights to units of c.
  double total = 0;                  ///< All of the block's weights.
};

/// What every measure of a partition is made of (definitions.md, section 5). Units labelled -1 belong to no cluster:
/// they count in 2m and in no cluster's sums.
struct ClusterSums {
  std::vector<double> internal;   ///< e_c = sum of A_ij over i, j in c.
  std::vector<double> volume;     ///< v_c = sum of degrees over c.
  double total = 0;               ///< 2m = sum of all A_ij.
  std::vector<BlockSums> blocks;  ///< In the graph's order.
};

/// Labels are per unit, -1 or 0 ... clusters - 1. Reads every weight once, in parallel, accumulates in double; the same
/// whatever the number of threads. Errors: kNoEdges.
ClusterSums SumClusters(const UnitGraph& graph, const std::vector<int>& labels, int clusters, RunContext& context);

/// Newman's Q = sum over c of [ e_c / 2m - resolution (v_c / 2m)^2 ] ([Newman]; definitions.md, section 5).
double NewmanModularity(const ClusterSums& sums, double resolution = 1);

/// Q = sum over c of [ l_c / M - resolution s_c^out s_c^in / M^2 ] of the directed graph, M the sum of all weights
/// ([LN]; definitions.md, section 5).
double DirectedModularity(const ClusterSums& sums, double resolution = 1);

/// Barber's bipartite modularity of every block, summed: Q = 1/M sum over b, c of [ l_bc - resolution S_bc T_bc / M_b ]
/// ([Barber]; definitions.md, section 5). Unlike Newman's it expects no edges where none can be.
double LayerPairModularity(const ClusterSums& sums, double resolution = 1);

/// The sums over the positive and over the negative weights of a graph. One of the totals may be 0.
struct SignedSums {
  ClusterSums positive;
  ClusterSums negative;
};
/// As SumClusters; reads every weight twice.
SignedSums SumSignedClusters(const UnitGraph& graph, const std::vector<int>& labels, int clusters, RunContext& context);

/// Q = (2w+ Q+ - 2w- Q-) / (2w+ + 2w-), Q+ and Q- Newman's of the positive and of the negative weights, 2w+ and 2w-
/// their totals ([Gomez]; definitions.md, section 5). Newman's where no weight is negative.
double SignedModularity(const SignedSums& sums, double resolution = 1);

/// Which of these modularities is meant where one has to be chosen.
enum class Objective { kNewman, kDirected, kLayerPair, kSigned };
/// Not kSigned, which takes other sums: std::logic_error.
double Modularity(const ClusterSums& sums, Objective objective, double resolution = 1);
/// Any of them. As SumClusters.
double Modularity(const UnitGraph& graph, const std::vector<int>& labels, int clusters, Objective objective,
                  double resolution, RunContext& context);

/// ncut = sum over c of (v_c - e_c) / v_c (definitions.md, section 6): 0 to the number of clusters. Clusters without
/// volume count 0.
double NormalizedCut(const ClusterSums& sums);

/// (k - ncut) / (2 ncut) for k clusters; absent where ncut is 0.
std::optional<double> AverageInOut(double ncut, int clusters);

}  // namespace modlab
