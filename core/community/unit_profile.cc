#include "core/community/unit_profile.h"

#include "core/community/level.h"

namespace modlab {
namespace {

UnitProfile Profile(const ClusterWeights& weights, int node, int own) {
  UnitProfile profile;
  for (const int cluster : weights.clusters_of(node)) profile.degree += weights(node, cluster);
  if (profile.degree <= 0) return profile;
  if (own >= 0) profile.within = weights(node, own);
  double squares = 0;
  for (const int cluster : weights.clusters_of(node)) {
    const double share = weights(node, cluster) / profile.degree;
    squares += share * share;
  }
  profile.participation = squares < 1 ? 1 - squares : 0;
  return profile;
}

}  // namespace

std::vector<UnitProfile> ProfileUnits(const UnitGraph& graph, const Labelling& labelling, RunContext& context) {
  const auto level = MakeUnitLevel(graph);
  std::vector<UnitProfile> profiles(graph.units());
  context.ParallelFor(static_cast<int>(level->batches().size()), [&](int index) {
    const Batch& batch = level->batches()[index];
    ClusterWeights weights;
    SumByCluster(*level, batch, labelling.labels, labelling.clusters, weights);
    for (int unit = batch.first; unit < batch.last; ++unit) {
      profiles[unit] = Profile(weights, unit - batch.first, labelling.labels[unit]);
    }
  });
  return profiles;
}

}  // namespace modlab
