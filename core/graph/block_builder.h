#pragma once

#include "core/graph/model_reader.h"
#include "core/graph/parameters.h"
#include "core/graph/unit_tracker.h"

namespace modlab::reader {

/// Makes the unit graph of what a run of forward has shown: groups and blocks in order of execution, kernel norms,
/// scales of norms, warnings. Blocks of linear layers, and of convolutions with kernels of one element, are views of
/// the weights; the rest is computed, in double. Of `options` all but the input's shapes and folding is read.
/// Errors: kNoWeightLayers, kWeightsNotFinite, kNoEdges, kInvalidOption (patterns of layers), Cancelled.
UnitGraph BuildUnitGraph(const UnitTracker& tracker, const Parameters& parameters, const ReaderOptions& options,
                         RunContext& context);

}  // namespace modlab::reader
