#include "server/worker/stability_runs.h"

#include <atomic>
#include <utility>
#include <vector>

#include "core/community/comparison.h"
#include "core/community/stability.h"
#include "core/measure/measure.h"
#include "core/random.h"

namespace modlab::server {
namespace {

/// Seeds of stability runs are not those of null models' samples.
constexpr uint64_t kFirstRun = uint64_t{1} << 32;

void ToProto(const Spread& spread, v1::Spread& result) {
  result.set_mean(spread.mean);
  result.set_sd(spread.sd);
  result.set_least(spread.least);
  result.set_most(spread.most);
}

}  // namespace

void CompareSeeds(const UnitGraph& graph, const FoundPartition& found, int runs, uint32_t seed, double resolution,
                  bool with_labels, RunContext& context, v1::Stability& stability) {
  context.Report("stability", 0.0);
  std::vector<Labelling> labellings(runs);
  labellings[0] = found.labelling;
  std::atomic<int> done{0};
  context.ParallelFor(runs - 1, [&](int run) {
    RunContext own(&context);
    labellings[run + 1] = found.find_again(Random::DerivedSeed(seed, kFirstRun + run), own);
    context.Report("stability", static_cast<double>(++done) / (runs - 1));
  });

  const Stability agreement = CompareRuns(labellings, context);
  stability.set_runs(runs);
  ToProto(agreement.adjusted_rand_index, *stability.mutable_adjusted_rand_index());
  ToProto(agreement.normalized_mutual_information, *stability.mutable_normalized_mutual_information());
  ToProto(agreement.adjusted_mutual_information, *stability.mutable_adjusted_mutual_information());
  ToProto(agreement.variation_of_information, *stability.mutable_variation_of_information());

  const Labelling consensus = Consensus(graph, std::move(labellings), found.find_consensus, seed, context);
  stability.set_consensus_clusters(consensus.clusters);
  if (with_labels) stability.mutable_consensus_labels()->Assign(consensus.labels.begin(), consensus.labels.end());
  const ClusterSums sums = SumClusters(graph, consensus.labels, consensus.clusters, context);
  stability.set_consensus_modularity(NewmanModularity(sums, resolution));
  stability.set_consensus_adjusted_rand_index(
      ComparePartitions(consensus.labels, found.labelling.labels).adjusted_rand_index);
}

}  // namespace modlab::server
