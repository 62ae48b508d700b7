#include "server/jobs/job_spec.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "server/executor/attempt_directory.h"
#include "server/executor/utf8.h"
#include "server/jobs/build_spec.h"
#include "server/jobs/compose_spec.h"
#include "server/jobs/datasets.h"
#include "server/jobs/graph_options.h"
#include "server/jobs/request_error.h"
#include "server/jobs/train_spec.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::GraphSpec;
using modlab::v1::Job;
using modlab::v1::JobSpec;
using modlab::v1::LeidenSpec;
using modlab::v1::Model;
using modlab::v1::Modularity;
using modlab::v1::NullSpec;
using modlab::v1::PartitionSpec;
using modlab::v1::PlantedSpec;
using modlab::v1::ResolutionRange;
using modlab::v1::Resources;
using modlab::v1::ScoreSpec;
using modlab::v1::SpectralSpec;
using modlab::v1::TrainSpec;

constexpr int kLargestPartitions = 64;
constexpr int kLeastClusters = 2;
constexpr int kMostClusters = 16;
constexpr int kLargestClusters = 1000;
constexpr int kDefaultRestarts = 100;
/// For each of the numbers of clusters that are tried.
constexpr int kDefaultRestartsInRange = 20;
constexpr int kDefaultSweepSteps = 40;
constexpr int kLargestSweepSteps = 200;
/// Beyond these there is one cluster, or each unit is alone.
constexpr double kLeastSweptResolution = 1e-6;
constexpr double kMostSweptResolution = 1e6;
constexpr int kLargestSamples = 100'000;
constexpr int kDefaultStabilityRuns = 5;
constexpr int kLargestStabilityRuns = 1000;
constexpr int kLargestRestarts = 10'000;
constexpr int64_t kLargestTop = 100'000'000;
constexpr int kMostPlotEdges = 20'000;
constexpr int kMostPlotCells = 400;
constexpr int kLargestDimension = 1 << 24;
constexpr int kLargestRank = 8;
constexpr std::array<std::string_view, 8> kInputTypes = {"float32", "float64", "int64", "int32",
                                                         "int16",   "int8",    "uint8", "bool"};
constexpr int kLargestLabels = 64;
constexpr size_t kLargestLabelLength = 63;

[[noreturn]] void Missing(const std::string& field, const std::string& message) {
  throw RequestError(modlab::v1::FIELD_MISSING, message, field);
}

Model LookUpModel(const ModelLookup& lookup, const std::string& name, const std::string& field) {
  if (name.empty()) Missing(field, "the spec names no model: give `models/{id}`");
  return lookup(name, field);
}

/// The number of clusters, or the first or last of a range.
void CheckClusters(const std::string& field, const Model& model, int clusters) {
  if (clusters < 2) RefuseField(field, fmt::format("{} is not a number of clusters: give 2 or more", clusters));
  if (clusters > kLargestClusters) {
    RefuseField(field, fmt::format("{} clusters were asked for: give at most {}", clusters, kLargestClusters));
  }
  if (model.has_inspection() && model.inspection().has_graph() && clusters > model.inspection().graph().units()) {
    RefuseField(field, fmt::format("{} clusters were asked for, but the network has only {} units: give at most that",
                                   clusters, model.inspection().graph().units()));
  }
}

void CheckRestarts(const std::string& field, int restarts) {
  if (restarts < 1 || restarts > kLargestRestarts) {
    RefuseField(field, fmt::format("{} restarts were asked for: give 1 to {}", restarts, kLargestRestarts));
  }
}

void ResolveSpectral(const std::string& field, const Model& model, bool has_preset, SpectralSpec* spectral) {
  const bool has_range = spectral->has_least_clusters() || spectral->has_most_clusters();
  if (spectral->has_clusters()) {
    if (has_range) RefuseField(field + ".clusters", "give either a number of clusters or a range, not both");
    CheckClusters(field + ".clusters", model, spectral->clusters());
  } else if (has_range || !has_preset) {
    if (spectral->has_least_clusters()) {
      CheckClusters(field + ".least_clusters", model, spectral->least_clusters());
    } else {
      spectral->set_least_clusters(kLeastClusters);
    }
    if (!spectral->has_most_clusters())
      spectral->set_most_clusters(std::max(kMostClusters, spectral->least_clusters()));
    if (spectral->most_clusters() < spectral->least_clusters()) {
      RefuseField(field + ".most_clusters",
                  fmt::format("{} to {} is no range of numbers of clusters: give the smaller first",
                              spectral->least_clusters(), spectral->most_clusters()));
    }
    if (spectral->most_clusters() > kLargestClusters) {
      RefuseField(field + ".most_clusters", fmt::format("{} clusters were asked for: give at most {}",
                                                        spectral->most_clusters(), kLargestClusters));
    }
  }
  if (!spectral->has_restarts() && !has_preset) {
    spectral->set_restarts(spectral->has_clusters() ? kDefaultRestarts : kDefaultRestartsInRange);
  }
  if (spectral->has_restarts()) CheckRestarts(field + ".restarts", spectral->restarts());
}

void ResolveSweep(const std::string& field, ResolutionRange* sweep) {
  const auto check = [&](const char* name, double resolution) {
    if (resolution >= kLeastSweptResolution && resolution <= kMostSweptResolution) return;
    RefuseField(field + name,
                fmt::format("{} is not a resolution to sweep over: give {} to {} (0.2 to 3 is a usual range)",
                            resolution, kLeastSweptResolution, kMostSweptResolution));
  };
  check(".least", sweep->least());
  check(".most", sweep->most());
  if (sweep->most() <= sweep->least()) {
    RefuseField(field + ".most",
                fmt::format("{} to {} is no range of resolutions: give the smaller first, and the larger",
                            sweep->least(), sweep->most()));
  }
  if (!sweep->has_steps()) sweep->set_steps(kDefaultSweepSteps);
  if (sweep->steps() < 2 || sweep->steps() > kLargestSweepSteps) {
    RefuseField(field + ".steps",
                fmt::format("{} resolutions were asked for: give 2 to {}", sweep->steps(), kLargestSweepSteps));
  }
}

void ResolveLeiden(const std::string& field, LeidenSpec* leiden) {
  if (leiden->objective() == Modularity::OBJECTIVE_UNSPECIFIED) leiden->set_objective(Modularity::NEWMAN);
  if (!Modularity::Objective_IsValid(leiden->objective())) {
    RefuseField(field + ".objective", fmt::format("unknown objective {}", static_cast<int>(leiden->objective())));
  }
  if (leiden->has_restarts()) CheckRestarts(field + ".restarts", leiden->restarts());
  if (leiden->has_sweep()) ResolveSweep(field + ".sweep", leiden->mutable_sweep());
}

void CheckPlanted(const std::string& field, const Model& model, const PlantedSpec& planted) {
  const auto& labels = planted.labels();
  if (planted.composition()) {
    if (!labels.empty())
      RefuseField(field + ".labels", "give labels, or say that the model's composition has them, not both");
    CheckComposed(field + ".composition", model, "no partition is planted in it");
    return;
  }
  if (labels.empty()) Missing(field + ".labels", "a planted partition needs labels: one for each unit");
  const auto wrong = std::find_if(labels.begin(), labels.end(), [](int label) { return label < -1; });
  if (wrong != labels.end()) {
    RefuseField(fmt::format("{}.labels[{}]", field, wrong - labels.begin()),
                fmt::format("{} is no cluster: give 0 or more, or -1 for units in no cluster", *wrong));
  }
}

void ResolvePartition(const std::string& field, const Model& model, bool has_preset, PartitionSpec* partition) {
  switch (partition->method_case()) {
    case PartitionSpec::kSpectral:
      return ResolveSpectral(field + ".spectral", model, has_preset, partition->mutable_spectral());
    case PartitionSpec::kLeiden:
      return ResolveLeiden(field + ".leiden", partition->mutable_leiden());
    case PartitionSpec::kPlanted:
      return CheckPlanted(field + ".planted", model, partition->planted());
    case PartitionSpec::METHOD_NOT_SET:
      break;
  }
  Missing(field, "a partition needs a method: give `spectral`, `leiden` or `planted`");
}

void ResolveNulls(const std::string& field, NullSpec* nulls) {
  if (nulls->model() == NullSpec::MODEL_UNSPECIFIED) nulls->set_model(NullSpec::LAYER);
  if (!NullSpec::Model_IsValid(nulls->model())) {
    RefuseField(field + ".model", fmt::format("unknown null model {}", static_cast<int>(nulls->model())));
  }
  if (nulls->has_samples() && (nulls->samples() < 0 || nulls->samples() > kLargestSamples)) {
    RefuseField(field + ".samples",
                fmt::format("{} null models were asked for: give 0 to {}", nulls->samples(), kLargestSamples));
  }
  if (nulls->has_exceedances() && nulls->exceedances() < 1) {
    RefuseField(
        field + ".exceedances",
        fmt::format("{} exceedances never come: give 1 or more (10 is usual), or leave it out", nulls->exceedances()));
  }
}

void CheckPlotData(const std::string& field, const modlab::v1::PlotDataSpec& plot_data) {
  if (plot_data.edges() < 0 || plot_data.edges() > kMostPlotEdges) {
    RefuseField(field + ".edges",
                fmt::format("{} edges were asked for: give 0 to {}", plot_data.edges(), kMostPlotEdges));
  }
  if (plot_data.cells() < 0 || plot_data.cells() > kMostPlotCells) {
    RefuseField(field + ".cells",
                fmt::format("{} cells were asked for: give 0 to {}", plot_data.cells(), kMostPlotCells));
  }
}

/// Finds the model that a spec is about, and fills in the input shapes that its inspection has found. `what`: `scored`.
template <typename Spec>
Model ResolveSubject(const ModelLookup& lookup, const std::string& field, const std::string& what, Spec* spec) {
  Model model = LookUpModel(lookup, spec->model(), field + ".model");
  const auto refuse = [&](const std::string& why) {
    throw RequestError(modlab::v1::MODEL_UNUSABLE, fmt::format("{} cannot be {}: {}", model.name(), what, why),
                       field + ".model");
  };
  if (model.state() == Model::UNUSABLE) refuse(model.error().message());
  if (spec->input_shapes().empty()) {
    *spec->mutable_input_shapes() = model.inspection().input_shapes();
    // A graph that could not be read with the shapes at hand may be readable with others, so only then is it an answer.
    if (model.inspection().has_graph_error()) refuse(model.inspection().graph_error().message());
  }
  CheckInputShapes(spec->input_shapes(), field + ".input_shapes");
  return model;
}

Model ResolveGraph(const ModelLookup& lookup, GraphSpec* spec) {
  const std::string field = "job.spec.graph";
  Model model = ResolveSubject(lookup, field, "exported", spec);
  ResolveGraphOptions(spec->preset(), field, spec->mutable_graph());
  if (spec->format() == GraphSpec::FORMAT_UNSPECIFIED) {
    Missing(field + ".format", "an export needs a format: give GRAPHML, EDGES_CSV or BLOCKS_NPZ");
  }
  if (!GraphSpec::Format_IsValid(spec->format())) {
    RefuseField(field + ".format", fmt::format("unknown format {}", static_cast<int>(spec->format())));
  }
  if (spec->has_top() && (spec->top() < 1 || spec->top() > kLargestTop)) {
    RefuseField(field + ".top", fmt::format("{} edges were asked for: give 1 to {}", spec->top(), kLargestTop));
  }
  return model;
}

Model ResolveScore(const ModelLookup& lookup, ScoreSpec* score) {
  const std::string field = "job.spec.score";
  Model model = ResolveSubject(lookup, field, "scored", score);
  ResolveGraphOptions(score->preset(), field, score->mutable_graph());
  const bool has_preset = score->preset() != modlab::v1::PRESET_UNSPECIFIED;
  if (score->partitions().empty()) {
    score->add_partitions()->mutable_spectral();
    if (!has_preset) score->add_partitions()->mutable_leiden();
  }
  if (score->partitions_size() > kLargestPartitions) {
    RefuseField(field + ".partitions", fmt::format("{} partitions were asked for: give at most {}",
                                                   score->partitions_size(), kLargestPartitions));
  }
  for (int i = 0; i < score->partitions_size(); ++i) {
    ResolvePartition(fmt::format("{}.partitions[{}]", field, i), model, has_preset, score->mutable_partitions(i));
  }
  ResolveNulls(field + ".nulls", score->mutable_nulls());
  if (!score->has_stability_runs()) score->set_stability_runs(kDefaultStabilityRuns);
  if (score->stability_runs() < 0 || score->stability_runs() == 1 || score->stability_runs() > kLargestStabilityRuns) {
    RefuseField(field + ".stability_runs", fmt::format("{} partitions cannot be compared: give 2 to {}, or 0 for none",
                                                       score->stability_runs(), kLargestStabilityRuns));
  }
  CheckPlotData(field + ".plot_data", score->plot_data());
  if (!score->has_resolution()) score->set_resolution(1);
  if (!std::isfinite(score->resolution()) || score->resolution() <= 0) {
    RefuseField(field + ".resolution",
                fmt::format("{} is not a resolution: give a number over 0 (1 is the usual one)", score->resolution()));
  }
  return model;
}

std::vector<JobInput> ResolveTraining(const ModelLookup& lookup, const DatasetLookup& find_dataset, TrainSpec* spec) {
  const std::string field = "job.spec.train";
  TrainInputs inputs;
  inputs.model = LookUpModel(lookup, spec->model(), field + ".model");
  if (inputs.model.state() == Model::UNUSABLE) {
    throw RequestError(modlab::v1::MODEL_UNUSABLE,
                       fmt::format("{} cannot be trained: {}", inputs.model.name(), inputs.model.error().message()),
                       field + ".model");
  }
  if (spec->data().empty()) Missing(field + ".data", "the spec names no data set: give `datasets/{id}`");
  inputs.data = find_dataset(spec->data(), field + ".data");
  CheckReady(inputs.data, field + ".data");
  std::vector<JobInput> read = {{kModelFile, inputs.model.name(), inputs.model.sha256()},
                                {kDataFile, inputs.data.name(), inputs.data.sha256()}};
  if (!spec->evaluation_data().empty()) {
    inputs.evaluation_data = find_dataset(spec->evaluation_data(), field + ".evaluation_data");
    CheckReady(inputs.evaluation_data, field + ".evaluation_data");
    read.push_back({kEvaluationDataFile, inputs.evaluation_data.name(), inputs.evaluation_data.sha256()});
  }
  ResolveTrain(inputs, spec);
  return read;
}

}  // namespace

std::vector<JobInput> ResolveSpec(const Limits& limits, const ModelLookup& lookup, const DatasetLookup& find_dataset,
                                  JobSpec* spec) {
  const auto reads = [](const Model& model) {
    return std::vector<JobInput>{{kModelFile, model.name(), model.sha256()}};
  };
  ResolveResources(limits, "job.spec.resources", spec->mutable_resources());
  if (!spec->has_seed()) spec->set_seed(0);
  switch (spec->kind_case()) {
    case JobSpec::kScore:
      return reads(ResolveScore(lookup, spec->mutable_score()));
    case JobSpec::kGraph:
      return reads(ResolveGraph(lookup, spec->mutable_graph()));
    case JobSpec::kInspect:
      CheckInputShapes(spec->inspect().input_shapes(), "job.spec.inspect.input_shapes");
      return reads(LookUpModel(lookup, spec->inspect().model(), "job.spec.inspect.model"));
    case JobSpec::kBuild:
      ResolveBuild(spec->mutable_build());
      return {};
    case JobSpec::kCompose:
      return ResolveCompose(lookup, spec->mutable_compose());
    case JobSpec::kTrain:
      return ResolveTraining(lookup, find_dataset, spec->mutable_train());
    case JobSpec::kImportDataset:
      RefuseField("job.spec.import_dataset",
                  "imports begin by themselves: make a data set (DatasetService.CreateDataset)");
    case JobSpec::KIND_NOT_SET:
      break;
  }
  Missing("job.spec", "the spec says no kind of job: give `score`, `train`, `graph`, `build`, `compose` or `inspect`");
}

Job::Kind KindOf(const JobSpec& spec) {
  switch (spec.kind_case()) {
    case JobSpec::kInspect:
      return Job::INSPECT;
    case JobSpec::kScore:
      return Job::SCORE;
    case JobSpec::kGraph:
      return Job::GRAPH;
    case JobSpec::kImportDataset:
      return Job::IMPORT;
    case JobSpec::kBuild:
      return Job::BUILD;
    case JobSpec::kTrain:
      return Job::TRAIN;
    case JobSpec::kCompose:
      return Job::COMPOSE;
    case JobSpec::KIND_NOT_SET:
      break;
  }
  return Job::KIND_UNSPECIFIED;
}

void CheckLabels(const google::protobuf::Map<std::string, std::string>& labels, const std::string& field) {
  if (labels.size() > kLargestLabels) {
    RefuseField(field, fmt::format("{} labels were given: give at most {}", labels.size(), kLargestLabels));
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kLargestLabelLength || value.size() > kLargestLabelLength) {
      RefuseField(field, fmt::format("label `{}`: a key has 1 to {} characters, a value at most {}",
                                     ToUtf8(key, kLargestLabelLength), kLargestLabelLength, kLargestLabelLength));
    }
  }
}

void CheckInputShapes(const google::protobuf::RepeatedPtrField<modlab::v1::InputShape>& shapes,
                      const std::string& field) {
  for (int i = 0; i < shapes.size(); ++i) {
    const auto& dimensions = shapes.Get(i).dimensions();
    if (dimensions.empty() || dimensions.size() > kLargestRank) {
      RefuseField(fmt::format("{}[{}]", field, i),
                  fmt::format("an input shape has 1 to {} dimensions, for example 1,3,224,224", kLargestRank));
    }
    for (const int dimension : dimensions) {
      if (dimension < 1 || dimension > kLargestDimension) {
        RefuseField(fmt::format("{}[{}]", field, i),
                    fmt::format("{} is not a dimension of an input: give 1 to {}", dimension, kLargestDimension));
      }
    }
    const std::string& dtype = shapes.Get(i).dtype();
    if (!dtype.empty() && std::find(kInputTypes.begin(), kInputTypes.end(), dtype) == kInputTypes.end()) {
      RefuseField(fmt::format("{}[{}].dtype", field, i), fmt::format("'{}' is no type of an input: give one of {}",
                                                                     ToUtf8(dtype, 32), fmt::join(kInputTypes, ", ")));
    }
  }
}

Resources DefaultResources(const Limits& limits) {
  Resources resources;
  resources.set_threads(limits.threads_per_worker);
  resources.set_memory_bytes(limits.default_memory_bytes);
  *resources.mutable_wall_time() = TimeUtil::MillisecondsToDuration(limits.default_wall_milliseconds);
  return resources;
}

Resources LargestResources(const Limits& limits) {
  Resources resources;
  resources.set_threads(limits.threads_per_worker * limits.workers);
  resources.set_memory_bytes(limits.largest_memory_bytes);
  *resources.mutable_wall_time() = TimeUtil::MillisecondsToDuration(limits.largest_wall_milliseconds);
  return resources;
}

bool IsDuration(const google::protobuf::Duration& duration) {
  return duration.seconds() >= 0 && duration.seconds() <= TimeUtil::kDurationMaxSeconds && duration.nanos() >= 0 &&
         duration.nanos() <= 999'999'999;
}

void ResolveResources(const Limits& limits, const std::string& field, Resources* resources) {
  Resources resolved = DefaultResources(limits);
  resolved.MergeFrom(*resources);
  // Merging would add up seconds of the one and nanoseconds of the other.
  if (resources->has_wall_time()) *resolved.mutable_wall_time() = resources->wall_time();
  const Resources largest = LargestResources(limits);
  if (resolved.threads() < 1 || resolved.threads() > largest.threads()) {
    RefuseField(field + ".threads", fmt::format("{} threads were asked for: this server gives 1 to {}",
                                                resolved.threads(), largest.threads()));
  }
  constexpr int64_t least_memory = 1 << 20;
  if (resolved.memory_bytes() < least_memory || resolved.memory_bytes() > largest.memory_bytes()) {
    RefuseField(field + ".memory_bytes", fmt::format("{} bytes of memory were asked for: this server gives {} to {}",
                                                     resolved.memory_bytes(), least_memory, largest.memory_bytes()));
  }
  const int64_t wall = IsDuration(resolved.wall_time()) ? TimeUtil::DurationToMilliseconds(resolved.wall_time()) : 0;
  if (wall < 1 || wall > limits.largest_wall_milliseconds) {
    RefuseField(field + ".wall_time",
                fmt::format("a wall time of {} was asked for: this server gives over 0s to {}",
                            TimeUtil::ToString(resolved.wall_time()), TimeUtil::ToString(largest.wall_time())));
  }
  *resources = resolved;
}

}  // namespace modlab::server
