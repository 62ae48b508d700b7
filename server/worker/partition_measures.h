#pragma once

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"
#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// What is measured of a partition itself: sizes, modularities, n-cut, and the tables of clusters, groups and units.
/// `with_units`: participation coefficients of units too. Phase reported: `measure`.
void MeasurePartition(const UnitGraph& graph, const Labelling& labelling, double resolution, bool with_units,
                      RunContext& context, v1::Partition& partition);

}  // namespace modlab::server
