#pragma once

#include <string>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/graph/unit_graph.h"
#include "core/train/training_options.h"

namespace modlab {

// What a model carries that was composed (composition.h), also after it was trained. The attributes may be anybody's
// making, so they are checked. Not thread safe.

/// Of how many parts; 0: it was not composed.
int ComposedParts(Model& model);

/// For each unit of the model's graph its part, from 0; of bridge and head, the number of parts.
/// Errors: kInvalidOption (it was not composed; the graph has groups, or sizes of groups, that the partition has not).
std::vector<int> PlantedPartition(Model& model, const UnitGraph& graph);

/// What of a composed model is trained.
enum class FreezeMode {
  kNone,       ///< Nothing is frozen.
  kAll,        ///< The stack and the head are.
  kCrossFree,  ///< The same, but cross connections are trained.
};

/// Adds to `options` what the mode freezes: parameters, entries of parameters, and batch norms whose statistics stay.
/// Errors: kInvalidOption (it was not composed).
void Freeze(Model& model, FreezeMode mode, TrainingOptions& options);

}  // namespace modlab
