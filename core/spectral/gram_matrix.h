#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// The lower triangle of B^T S^2 B of a layered graph with the adjacency [0 B; B^T 0]; the upper one is 0. No entry is
/// negative. Its rows, and B's columns, are the units, ascending, of those groups that `is_column` says; S has the
/// other groups' `row_scale` on its diagonal (>= 0), which is given for all units of the graph. No block may join two
/// groups of which `is_column` says the same. Deterministic, whatever the number of threads. Checks for cancellation.
///
/// Nothing where that would save a single thread no time: where to form the matrix and to apply it `applications` times
/// takes about as long as to read all weights twice as often, it is large (over 32 MB), or there are sparse blocks.
/// O(units of a group x the square of its neighbours'), summed over the other groups; columns that are 0 for many rows
/// cost nothing there.
std::optional<Eigen::MatrixXd> GramMatrix(const UnitGraph& graph, const std::vector<char>& is_column,
                                          const std::vector<double>& row_scale, int applications, RunContext& context);

/// y = G x for the symmetric matrix G with that lower triangle; x and y have as many entries as it has rows, and do not
/// overlap. Any number of threads may do so with the same matrix. O(entries).
void ApplyGram(const Eigen::MatrixXd& gram, const double* x, double* y);

}  // namespace modlab
