#include "core/community/null_ensemble.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "core/measure/significance.h"
#include "core/random.h"

namespace modlab {
namespace {

/// Samples that are drawn before it is looked at whether there are enough.
constexpr int kSamplesAtOnce = 16;

/// How many of the samples drawn it takes to reach so many exceedances in both statistics of every partition.
std::optional<int> SamplesNeeded(const std::vector<TestedPartition>& partitions, const std::vector<NullValues>& values,
                                 int exceedances) {
  int needed = 0;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const auto modularity = ValuesUntil(exceedances, partitions[i].modularity, values[i].modularity, Tail::kUpper);
    const auto ncut = ValuesUntil(exceedances, partitions[i].ncut, values[i].ncut, Tail::kLower);
    if (!modularity || !ncut) return std::nullopt;
    needed = std::max({needed, *modularity, *ncut});
  }
  return needed;
}

}  // namespace

std::vector<NullValues> SampleNulls(const NullSource& source, const std::vector<TestedPartition>& partitions,
                                    const NullEnsembleOptions& options, RunContext& context) {
  context.Report("nulls", 0.0);
  std::vector<NullValues> values(partitions.size());
  const auto resize = [&](int samples) {
    for (NullValues& of_partition : values) {
      of_partition.modularity.resize(samples);
      of_partition.ncut.resize(samples);
    }
  };
  std::atomic<int> done{0};
  const auto draw = [&](int sample) {
    RunContext own(&context);
    const UnitGraph graph = source(sample, own);
    const uint32_t seed = Random::DerivedSeed(options.seed, static_cast<uint64_t>(sample));
    for (size_t i = 0; i < partitions.size(); ++i) {
      const Labelling found = partitions[i].find(graph, seed, own);
      const ClusterSums sums = SumClusters(graph, found.labels, found.clusters, own);
      values[i].modularity[sample] =
          partitions[i].objective == Objective::kSigned
              ? SignedModularity(SumSignedClusters(graph, found.labels, found.clusters, own), options.resolution)
              : Modularity(sums, partitions[i].objective, options.resolution);
      values[i].ncut[sample] = NormalizedCut(sums);
    }
    context.Report("nulls", static_cast<double>(++done) / options.samples);
  };

  const int step = options.exceedances > 0 ? kSamplesAtOnce : options.samples;
  for (int first = 0; first < options.samples; first += step) {
    const int last = std::min(first + step, options.samples);
    resize(last);
    context.ParallelFor(last - first, [&](int i) { draw(first + i); });
    if (options.exceedances <= 0) break;
    if (const auto needed = SamplesNeeded(partitions, values, options.exceedances)) {
      resize(*needed);
      break;
    }
  }
  return values;
}

}  // namespace modlab
