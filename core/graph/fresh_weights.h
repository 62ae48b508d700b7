#pragma once

#include "core/graph/unit_tracker.h"
#include "core/random.h"

namespace modlab::reader {

/// Replaces what the tracker's weight operations read by weights as they are before training (definitions.md, section
/// 8, `random_init`): uniform in +-1/sqrt(fan-in), recurrent layers' in +-1/sqrt(hidden units), embeddings' standard
/// normal; scales of norms become 1. Operations that read the same weights do so afterwards. Pruned weights are drawn,
/// too; of sparse tensors the entries that they have, for either way round on their own where one is read both ways.
void DrawFreshWeights(UnitTracker& tracker, Random& random);

}  // namespace modlab::reader
