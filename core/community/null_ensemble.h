#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/measure/measure.h"
#include "core/run_context.h"

namespace modlab {

/// Sample number `sample` of a null model; called from several threads at once.
using NullSource = std::function<UnitGraph(int sample, RunContext& context)>;

/// A partition whose modularity and n-cut are compared with those of samples, each clustered in the same way.
struct TestedPartition {
  Clusterer find;
  Objective objective = Objective::kNewman;
  double modularity = 0;  ///< Observed.
  double ncut = 0;        ///< Observed.
};

struct NullEnsembleOptions {
  int samples = 100;
  /// Over 0: no more samples than it takes until so many have reached what was observed, for each statistic of each
  /// partition (Besag & Clifford 1991).
  int exceedances = 0;
  double resolution = 1;
  uint32_t seed = 0;
};

/// Values of one partition's statistics, by sample.
struct NullValues {
  std::vector<double> modularity;
  std::vector<double> ncut;
};

/// Draws samples and clusters each of them once for every partition (definitions.md, section 8): side by side on all
/// threads, each on one. Sample i's seed for clustering is Random::DerivedSeed(seed, i), so the values do not depend on
/// the number of threads. As many values as samples were needed. Memory: one sample for each thread.
/// Phase reported: `nulls`. Errors: the clusterers' and the source's.
std::vector<NullValues> SampleNulls(const NullSource& source, const std::vector<TestedPartition>& partitions,
                                    const NullEnsembleOptions& options, RunContext& context);

}  // namespace modlab
