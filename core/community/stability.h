#pragma once

#include <cstdint>
#include <vector>

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// Of some values.
struct Spread {
  double mean = 0;
  double sd = 0;  ///< Sample standard deviation; 0 for a single value.
  double least = 0;
  double most = 0;
};

/// How much partitions of the same units agree, over all pairs of them (definitions.md, section 9).
struct Stability {
  Spread adjusted_rand_index;
  Spread normalized_mutual_information;
  Spread adjusted_mutual_information;
  Spread variation_of_information;
};

/// At least two partitions; otherwise std::logic_error. Pairs are compared in parallel.
Stability CompareRuns(const std::vector<Labelling>& runs, RunContext& context);

/// The consensus of partitions of a graph's units (Lancichinetti & Fortunato 2012): units are joined by the share of
/// the partitions that have them in one cluster (at least half of them), and this graph is clustered by `find` as often
/// as there were partitions, until all partitions found are the same.
///
/// Units that are together in every partition are one node of that graph, which is exact and keeps it small. Where more
/// than 4096 nodes are left, only units joined by an edge of `graph` are joined. Units without a cluster in the first
/// partition have none. Phase reported: `consensus`. Errors: those of `find`.
Labelling Consensus(const UnitGraph& graph, std::vector<Labelling> runs, const Clusterer& find, uint32_t seed,
                    RunContext& context);

}  // namespace modlab
