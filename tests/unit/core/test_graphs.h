#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "core/graph/unit_graph.h"

namespace modlab::test {

/// A chain of layers; layer l's weights are [in][out], as definitions.md writes its oracles.
using Layer = std::vector<std::vector<double>>;
UnitGraph Chain(const std::vector<Layer>& layers);

/// A chain of layers of these widths with weights uniform in [-1, 1].
UnitGraph RandomChain(const std::vector<int>& widths, uint64_t seed);

/// A chain whose units fall into `parts`, unit i of a layer into part i mod parts: weights inside a part are uniform in
/// [0.5, 1], the others in [0, noise]. `labels`, where given, receives the planted partition.
UnitGraph PlantedChain(const std::vector<int>& widths, int parts, double noise, uint64_t seed,
                       std::vector<int>* labels = nullptr);

/// A graph with everything that a block may be: float and double data, rows contiguous, columns contiguous, neither,
/// scales on either side, blocks from a group to itself, two blocks between the same groups, grouped convolutions, a
/// block of some units of its groups, sparse blocks, one of them with scales and a threshold, and units without edges.
UnitGraph MixedGraph(uint64_t seed);

/// MixedGraph whose blocks' signs are turned by scales in all ways, and with computed kernel norms besides: of whole
/// layers, of a grouped convolution, and with a threshold.
UnitGraph SignedGraph(uint64_t seed);

/// A block's positive and negative weight at an entry, from what the block's members mean: the truth for what reads
/// them otherwise.
struct SignedEntry {
  double positive = 0;
  double negative = 0;
};
SignedEntry SignedEntryOf(const Block& block, int target, int source);

/// The positive and the negative weights, as A + A^T.
struct SignedAdjacency {
  Eigen::MatrixXd positive;
  Eigen::MatrixXd negative;
};
SignedAdjacency DenseSignedAdjacency(const UnitGraph& graph);

/// The signed modularity as definitions.md, section 5, writes it, pair by pair of units. Labels may be -1.
double SignedModularityOf(const SignedAdjacency& adjacency, const std::vector<int>& labels, double resolution);

/// A + A^T entry by entry from Block::entry: the truth for everything that reads blocks faster.
Eigen::MatrixXd DenseAdjacency(const UnitGraph& graph);

/// The graph with all weights multiplied by `factor`.
UnitGraph Scaled(const UnitGraph& graph, double factor);

/// The graph, whose blocks are no computed norms, with the units of every group but the first and the last in a random
/// order.
struct Permuted {
  UnitGraph graph;
  std::vector<int> unit_of;  ///< Per unit of the result, the unit of the original.
};
Permuted PermuteHidden(const UnitGraph& graph, uint64_t seed);

/// Unit i's label is i mod parts.
std::vector<int> CyclicLabels(int units, int parts);

/// Labels renumbered in order of first appearance, -1 kept: equal for equal partitions.
std::vector<int> Canonical(const std::vector<int>& labels);

}  // namespace modlab::test
