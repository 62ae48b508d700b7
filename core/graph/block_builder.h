#pragma once

#include "core/graph/model_reader.h"
#include "core/graph/parameters.h"
#include "core/graph/unit_tracker.h"

namespace modlab::reader {

/// Makes the unit graph of what a run of forward has shown: groups and blocks in order of execution, kernel norms,
/// scales of norms, warnings. Blocks of linear layers, and of convolutions with kernels of one element, are views of
/// the weights; the rest is computed, in double. Errors: kNoWeightLayers, kWeightsNotFinite, kNoEdges, Cancelled.
UnitGraph BuildUnitGraph(const UnitTracker& tracker, const Parameters& parameters, KernelNorm kernel_norm,
                         RunContext& context);

}  // namespace modlab::reader
