#pragma once

#include <cstdint>

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// `strength_bound` (definitions.md, section 8): the largest sum over blocks b and clusters c of min(S_bc, T_bc) / M
/// minus resolution times sum over c of (v_c / 2m)^2 over partitions into as many clusters, S_bc and T_bc the weights
/// of block b that leave and enter units of c: what Newman's modularity could be if the units had their strengths but
/// other partners. Found by local search (moves of single units until none helps) from `found` and from `restarts`
/// random partitions: an estimate from below. Deterministic given the seed, restarts run in parallel. O(restarts *
/// sweeps * units * clusters * blocks of a unit).
double ModularityStrengthBound(const UnitGraph& graph, const Labelling& found, double resolution, int restarts,
                               uint32_t seed, RunContext& context);

}  // namespace modlab
