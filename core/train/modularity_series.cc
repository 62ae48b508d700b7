#include "core/train/modularity_series.h"

#include <algorithm>
#include <utility>

#include "core/community/comparison.h"
#include "core/community/leiden.h"
#include "core/community/null_ensemble.h"
#include "core/error.h"
#include "core/measure/measure.h"
#include "core/measure/null_model.h"
#include "core/measure/significance.h"
#include "core/random.h"

namespace modlab {
namespace {

Labelling FindClusters(const UnitGraph& graph, int restarts, uint32_t seed, RunContext& context) {
  LeidenOptions options;
  options.restarts = restarts;
  options.seed = seed;
  LeidenClustering found = Leiden(graph, options, context);
  return {std::move(found.labels), found.clusters};
}

}  // namespace

ModularityRecord ModularitySeries::Measure(Model& model, RunContext& context) {
  ModularityRecord record;
  Labelling found;
  try {
    const UnitGraph graph = model.Read(options_.graph, context);
    const Clusterer find = [this](const UnitGraph& subject, uint32_t seed, RunContext& own) {
      return FindClusters(subject, options_.restarts, seed, own);
    };
    found = find(graph, seed_, context);
    const ClusterSums sums = SumClusters(graph, found.labels, found.clusters, context);
    record.modularity = NewmanModularity(sums);
    record.ncut = NormalizedCut(sums);
    record.clusters = found.clusters;
    if (options_.null_models > 0) {
      const NullSource source = [&](int sample, RunContext& own) {
        Random random(seed_, static_cast<uint64_t>(sample) + 1);
        return DrawNull(graph, NullModel::kLayer, random, own);
      };
      NullEnsembleOptions nulls;
      nulls.samples = options_.null_models;
      nulls.seed = seed_;
      std::vector<NullValues> values =
          SampleNulls(source, {{find, Objective::kNewman, record.modularity, record.ncut}}, nulls, context);
      const NullTest test = TestAgainst(record.modularity, std::move(values[0].modularity), Tail::kUpper);
      record.z = test.z;
      record.p = test.p;
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kNoEdges || records_ == 0) throw;
    found.labels.assign(labels_.size() / static_cast<size_t>(records_), -1);
  }
  if (records_ > 0) {
    const std::vector<int> before(labels_.end() - static_cast<std::ptrdiff_t>(found.labels.size()), labels_.end());
    record.agreement = MeasureCloseness(before, found.labels).adjusted_rand_index;
  }
  labels_.insert(labels_.end(), found.labels.begin(), found.labels.end());
  ++records_;
  return record;
}

}  // namespace modlab
