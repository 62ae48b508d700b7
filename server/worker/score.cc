#include "server/worker/score.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/measure/measure.h"
#include "core/spectral/spectral_clustering.h"
#include "server/worker/labels_file.h"
#include "server/worker/mapping.h"
#include "server/worker/preset.h"
#include "server/worker/read_graph.h"

namespace modlab::server {
namespace {

// What a partition is, however it was found.
struct Labelling {
  std::vector<int> labels;
  int clusters = 0;
};

Labelling FindSpectrally(const UnitGraph& graph, const v1::SpectralSpec& spec, uint32_t seed, RunContext& context,
                         v1::Partition& partition) {
  SpectralOptions options;
  if (spec.has_clusters()) options.clusters = spec.clusters();
  if (spec.has_restarts()) options.restarts = spec.restarts();
  options.seed = seed;
  context.Report("embed");  // So that what is wrong with the options is wrong in this phase.
  SpectralClustering found = ClusterSpectrally(graph, options, context);
  partition.set_method(v1::Partition::SPECTRAL);
  partition.mutable_eigenvalues()->Assign(found.eigenvalues.begin(), found.eigenvalues.end());
  partition.set_inertia(found.inertia);
  return {std::move(found.labels), found.clusters};
}

Labelling Find(const UnitGraph& graph, const v1::PartitionSpec& spec, uint32_t seed, RunContext& context,
               v1::Partition& partition) {
  switch (spec.method_case()) {
    case v1::PartitionSpec::kSpectral:
      return FindSpectrally(graph, spec.spectral(), seed, context, partition);
    case v1::PartitionSpec::METHOD_NOT_SET:
      break;
  }
  throw std::logic_error("a partition's method that this worker does not know");
}

void CountUnits(const UnitGraph& graph, const Labelling& found, v1::Partition& partition) {
  const int groups = static_cast<int>(graph.groups().size());
  partition.mutable_sizes()->Resize(found.clusters, 0);
  partition.mutable_group_sizes()->Resize(found.clusters * groups, 0);
  for (int group = 0; group < groups; ++group) {
    const int first = graph.first_unit(group);
    for (int unit = first; unit < first + graph.groups()[group].units; ++unit) {
      const int cluster = found.labels[unit];
      if (cluster < 0) continue;
      ++(*partition.mutable_sizes())[cluster];
      ++(*partition.mutable_group_sizes())[cluster * groups + group];
    }
  }
}

void Measure(const UnitGraph& graph, const Labelling& found, double resolution, RunContext& context,
             v1::Partition& partition) {
  context.Report("measure");
  const ClusterSums sums = SumClusters(graph, found.labels, found.clusters, context);
  v1::Modularity& modularity = *partition.mutable_modularity();
  modularity.set_newman(NewmanModularity(sums, resolution));
  modularity.set_directed(DirectedModularity(sums, resolution));
  modularity.set_layer_pair(LayerPairModularity(sums, resolution));
  modularity.set_resolution(resolution);
  partition.set_ncut(NormalizedCut(sums));
  if (const auto ratio = AverageInOut(partition.ncut(), found.clusters)) partition.set_ave_in_out(*ratio);
}

}  // namespace

v1::ScoreResult Score(v1::ScoreSpec& spec, uint32_t seed, const AttemptDirectory& directory, EventSink& events,
                      RunContext& context, google::protobuf::RepeatedPtrField<std::string>& artifacts) {
  context.Report("load");
  Model model = Model::Load(directory.model());
  context.Report("read");
  const UnitGraph graph = ReadGraph(model, spec.graph(), *spec.mutable_input_shapes(), events, context);

  v1::ScoreResult result;
  *result.mutable_graph() = ToProto(graph, context);
  const double resolution = spec.has_resolution() ? spec.resolution() : 1;
  for (int i = 0; i < spec.partitions_size(); ++i) {
    v1::Partition& partition = *result.add_partitions();
    ResolveClustering(spec.preset(), graph, *spec.mutable_partitions(i)->mutable_spectral());
    const Labelling found = Find(graph, spec.partitions(i), seed, context, partition);
    partition.set_clusters(found.clusters);
    partition.set_seed(seed);
    CountUnits(graph, found, partition);
    Measure(graph, found, resolution, context, partition);
    if (graph.units() <= kMaxInlineLabels) {
      partition.mutable_labels()->Assign(found.labels.begin(), found.labels.end());
    } else {
      partition.set_labels_artifact("labels-" + std::to_string(i) + ".npy");
      WriteLabelsFile(directory.artifacts() / partition.labels_artifact(), found.labels);
      artifacts.Add(std::string(partition.labels_artifact()));
    }
  }
  return result;
}

}  // namespace modlab::server
