#include "server/worker/score.h"

#include <mutex>
#include <utility>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/measure/null_model.h"
#include "core/random.h"
#include "server/comparison/agreement.h"
#include "server/executor/labels_file.h"
#include "server/worker/mapping.h"
#include "server/worker/null_tests.h"
#include "server/worker/partition_finder.h"
#include "server/worker/partition_measures.h"
#include "server/worker/plot_data.h"
#include "server/worker/read_graph.h"
#include "server/worker/reading.h"
#include "server/worker/score_defaults.h"
#include "server/worker/stability_runs.h"
#include "server/worker/sweep.h"

namespace modlab::server {
namespace {

/// Samples of the spec's null model of the graph. A model is read by one thread at a time.
class Nulls {
 public:
  Nulls(Model& model, const UnitGraph& graph, const v1::ScoreSpec& spec, uint32_t seed)
      : model_(model), graph_(graph), spec_(spec), seed_(seed) {}

  UnitGraph Draw(int sample, RunContext& context) {
    if (spec_.nulls().model() == v1::NullSpec::RANDOM_INIT) {
      ReaderOptions options = ToReaderOptions(spec_.graph(), spec_.input_shapes());
      options.fresh_weights_seed = Random::DerivedSeed(seed_, static_cast<uint64_t>(sample));
      const std::scoped_lock lock(mutex_);
      return model_.Read(options, context);
    }
    Random random(seed_, static_cast<uint64_t>(sample));
    return DrawNull(graph_, ToNullModel(spec_.nulls().model()), random, context);
  }

 private:
  Model& model_;
  const UnitGraph& graph_;
  const v1::ScoreSpec& spec_;
  uint32_t seed_;
  std::mutex mutex_;
};

void StoreLabels(const Labelling& found, int index, const AttemptDirectory& directory, v1::Partition& partition,
                 google::protobuf::RepeatedPtrField<std::string>& artifacts) {
  if (static_cast<int>(found.labels.size()) <= kMaxInlineLabels) {
    partition.mutable_labels()->Assign(found.labels.begin(), found.labels.end());
    return;
  }
  partition.set_labels_artifact("labels-" + std::to_string(index) + ".npy");
  WriteLabelsFile(directory.artifacts() / partition.labels_artifact(), found.labels);
  artifacts.Add(std::string(partition.labels_artifact()));
}

void Compare(const std::vector<FoundPartition>& found, v1::ScoreResult& result) {
  for (size_t first = 0; first < found.size(); ++first) {
    for (size_t second = first + 1; second < found.size(); ++second) {
      *result.add_agreements() = Agreement(found[first].labelling.labels, found[second].labelling.labels);
    }
  }
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
  ResolveScore(graph, result.graph().edges(), spec);

  const bool with_units = graph.units() <= kMaxInlineLabels;
  std::vector<FoundPartition> found;
  for (int i = 0; i < spec.partitions_size(); ++i) {
    v1::Partition& partition = *result.add_partitions();
    found.push_back(FindPartition(model, graph, spec.partitions(i), spec.resolution(), seed, context, partition));
    const Labelling& labelling = found.back().labelling;
    partition.set_clusters(labelling.clusters);
    partition.set_seed(seed);
    partition.set_objective(ToProto(found.back().objective));
    MeasurePartition(graph, labelling, spec.resolution(), with_units, context, partition);
    StoreLabels(labelling, i, directory, partition, artifacts);
    if (spec.partitions(i).leiden().has_sweep()) {
      Sweep(graph, spec.partitions(i).leiden(), found.back(), seed, with_units, context, partition);
    }
  }
  Compare(found, result);
  StorePlotData(graph, found, spec.plot_data(), directory, context, result, artifacts);

  if (spec.stability_runs() > 0) {
    for (size_t i = 0; i < found.size(); ++i) {
      if (!found[i].find_again) continue;
      CompareSeeds(graph, found[i], spec.stability_runs(), seed, spec.resolution(), with_units, context,
                   *result.mutable_partitions(static_cast<int>(i))->mutable_stability());
    }
  }
  if (spec.nulls().samples() > 0) {
    Nulls nulls(model, graph, spec, seed);
    TestAgainstNulls(
        graph, found, [&](int sample, RunContext& own) { return nulls.Draw(sample, own); }, spec, seed, context,
        *result.mutable_partitions());
  }
  result.set_reading(ReadResult(result));
  return result;
}

}  // namespace modlab::server
