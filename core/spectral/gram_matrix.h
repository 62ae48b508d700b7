#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// The lower triangle of B^T diag(weights) B of a layered graph with the adjacency [0 B; B^T 0]; the upper one is 0. No
/// entry is negative. Rows and columns are the units, ascending, of those groups that `is_column` says. `weights` has
/// one for every unit of the graph; only those of the other groups matter, and none of these may be negative. No block
/// may join two groups of which `is_column` says the same. Deterministic, whatever the number of threads.
///
/// Nothing where that is no way to save time: where to form the matrix and to apply it `applications` times takes about
/// as long as to read all weights twice as often, it is large (over 32 MB), or there are sparse blocks. O(units of a
/// group x the square of its neighbours'), summed over the other groups.
std::optional<Eigen::MatrixXd> GramMatrix(const UnitGraph& graph, const std::vector<char>& is_column,
                                          const std::vector<double>& weights, int applications, RunContext& context);

/// y = G x for the symmetric matrix G with that lower triangle.
void ApplyGram(const Eigen::MatrixXd& gram, const double* x, double* y);

}  // namespace modlab
