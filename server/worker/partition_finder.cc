#include "server/worker/partition_finder.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/community/leiden.h"
#include "core/compose/composed_model.h"
#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/spectral/eigengap.h"
#include "core/spectral/spectral_clustering.h"
#include "server/worker/mapping.h"

namespace modlab::server {
namespace {

void Describe(const SpectralClustering& found, v1::Partition& partition) {
  partition.set_method(v1::Partition::SPECTRAL);
  partition.mutable_eigenvalues()->Assign(found.eigenvalues.begin(), found.eigenvalues.end());
  partition.set_inertia(found.inertia);
  partition.set_residual(found.residual);
  for (const ClusterChoice& choice : found.choices) {
    v1::ClusterChoice& added = *partition.add_choices();
    added.set_clusters(choice.clusters);
    added.set_modularity(choice.modularity);
    added.set_ncut(choice.ncut);
    added.set_inertia(choice.inertia);
  }
  if (const auto gap = LargestEigengap(found.eigenvalues)) {
    partition.set_eigengap_clusters(gap->absolute);
    partition.set_relative_eigengap_clusters(gap->relative);
  }
  if (found.components > 1) {
    partition.add_notes("the graph falls into " + std::to_string(found.components) +
                        " parts without an edge between them, so as many eigenvalues are 0 and their eigenvectors can "
                        "be turned into each other");
  }
}

Labelling ToLabelling(SpectralClustering found) { return {std::move(found.labels), found.clusters}; }
Labelling ToLabelling(LeidenClustering found) { return {std::move(found.labels), found.clusters}; }
Labelling ToLabelling(Labelling found) { return found; }

/// Of a method's clustering with options that have a seed.
template <typename Options, typename Cluster>
Clusterer WithSeed(Options options, Cluster cluster) {
  return [options, cluster](const UnitGraph& graph, uint32_t seed, RunContext& context) mutable {
    Options seeded = options;
    seeded.seed = seed;
    return ToLabelling(cluster(graph, seeded, context));
  };
}

/// In as many clusters as there are units with edges, where that is fewer than asked for: null models and consensus
/// graphs may have fewer than the graph that the options were checked for.
Labelling ClusterWhatIsConnected(const UnitGraph& graph, SpectralOptions options, RunContext& context) {
  std::vector<int> components = ConnectedComponents(graph, context);
  const auto connected =
      static_cast<int>(std::count_if(components.begin(), components.end(), [](int label) { return label >= 0; }));
  if (connected < 2) return InOrderOfAppearance(std::move(components));
  if (options.clusters) options.clusters = std::min(*options.clusters, connected);
  options.least_clusters = std::min(options.least_clusters, connected);
  return ToLabelling(ClusterSpectrally(graph, options, context));
}

FoundPartition FindSpectrally(const UnitGraph& graph, const SpectralOptions& options, RunContext& context,
                              v1::Partition& partition) {
  context.Report("embed");  // So that what is wrong with the options is wrong in this phase.
  const auto embedding = std::make_shared<const Embedding>(EmbedForClustering(graph, options, context));
  SpectralClustering clustering = ClusterEmbedding(graph, *embedding, options, context);
  Describe(clustering, partition);

  FoundPartition found;
  found.labelling = ToLabelling(std::move(clustering));
  found.find = WithSeed(options, ClusterWhatIsConnected);
  found.find_again = [&graph, embedding, options](uint32_t seed, RunContext& own) {
    SpectralOptions seeded = options;
    seeded.seed = seed;
    return ToLabelling(ClusterEmbedding(graph, *embedding, seeded, own));
  };
  SpectralOptions as_many = options;
  as_many.clusters = found.labelling.clusters;
  found.find_consensus = WithSeed(as_many, ClusterWhatIsConnected);
  return found;
}

FoundPartition FindByLeiden(const UnitGraph& graph, const LeidenOptions& options, RunContext& context,
                            v1::Partition& partition) {
  partition.set_method(v1::Partition::LEIDEN);
  FoundPartition found;
  found.labelling = ToLabelling(Leiden(graph, options, context));
  found.objective = options.objective;
  found.find = WithSeed(options, Leiden);
  found.find_again = [&graph, find = found.find](uint32_t seed, RunContext& own) { return find(graph, seed, own); };
  LeidenOptions newman = options;  // a consensus graph has no direction and no layers
  newman.objective = Objective::kNewman;
  newman.resolution = 1;
  found.find_consensus = WithSeed(newman, Leiden);
  return found;
}

std::vector<int> GivenLabels(const UnitGraph& graph, const v1::PlantedSpec& spec) {
  if (spec.labels_size() != graph.units()) {
    throw Error(ErrorKind::kInvalidOption, "the planted partition has " + std::to_string(spec.labels_size()) +
                                               " labels, but the graph has " + std::to_string(graph.units()) +
                                               " units: give one label for each, in the order of the layers.");
  }
  return {spec.labels().begin(), spec.labels().end()};
}

FoundPartition TakePlanted(Model& model, const UnitGraph& graph, const v1::PlantedSpec& spec,
                           v1::Partition& partition) {
  partition.set_method(v1::Partition::PLANTED);
  FoundPartition found;
  found.labelling = InOrderOfAppearance(spec.composition() ? PlantedPartition(model, graph) : GivenLabels(graph, spec));
  if (found.labelling.clusters == 0) {
    throw Error(ErrorKind::kInvalidOption, "the planted partition puts no unit into a cluster: its labels are all -1.");
  }
  found.find = [planted = found.labelling](const UnitGraph&, uint32_t, RunContext&) { return planted; };
  return found;
}

}  // namespace

FoundPartition FindPartition(Model& model, const UnitGraph& graph, const v1::PartitionSpec& spec, double resolution,
                             uint32_t seed, RunContext& context, v1::Partition& partition) {
  switch (spec.method_case()) {
    case v1::PartitionSpec::kSpectral: {
      SpectralOptions options = ToSpectralOptions(spec.spectral());
      options.resolution = resolution;
      options.seed = seed;
      return FindSpectrally(graph, options, context, partition);
    }
    case v1::PartitionSpec::kLeiden: {
      LeidenOptions options = ToLeidenOptions(spec.leiden());
      options.resolution = resolution;
      options.seed = seed;
      return FindByLeiden(graph, options, context, partition);
    }
    case v1::PartitionSpec::kPlanted:
      return TakePlanted(model, graph, spec.planted(), partition);
    case v1::PartitionSpec::METHOD_NOT_SET:
      break;
  }
  throw std::logic_error("a partition's method that this worker does not know");
}

}  // namespace modlab::server
