#pragma once

#include <vector>

#include "core/graph/unit_graph.h"
#include "core/graph/unit_tracker.h"
#include "core/run_context.h"

namespace modlab::reader {

/// The scales of one weight operation: those that norms leave to it, and what normalisation adds. Empty: all ones.
struct OperationScales {
  std::vector<double> source;  ///< By position. Negative ones turn the signs of weights.
  std::vector<double> target;  ///< By row.
};

/// Normalises the incoming weights of each hidden unit (definitions.md, section 3, `unit_incoming`) by multiplying
/// `scales`, one for each of the tracker's weight operations, which hold the folded norms' scales already. A unit that
/// several operations write takes the norm of the first row, in execution order, that is not zero; inputs, vocabularies
/// and what forward returns have none. Reads the weights once. Warns where an operation that is not positively
/// homogeneous reads hidden units: scaling these changes the function then.
void NormalizeIncoming(const UnitTracker& tracker, std::vector<OperationScales>& scales, UnitGraph& graph,
                       RunContext& context);

/// Divides the blocks of one weight operation by the mean of the entries that a weight can occupy, for each pair of
/// groups (`layer_mean`). Weights that are all zero stay so.
void DivideByMeans(std::vector<Block>& blocks, RunContext& context);

}  // namespace modlab::reader
