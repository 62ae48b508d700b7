#include "server/jobs/job_spec.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <cmath>

#include "server/executor/utf8.h"
#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::GraphOptions;
using modlab::v1::Job;
using modlab::v1::JobSpec;
using modlab::v1::Model;
using modlab::v1::PartitionSpec;
using modlab::v1::Resources;
using modlab::v1::ScoreSpec;

constexpr int kLargestPartitions = 64;
constexpr int kDefaultRestarts = 100;
constexpr int kLargestRestarts = 10'000;
constexpr int kLargestDimension = 1 << 24;
constexpr int kLargestRank = 8;
constexpr int kLargestLabels = 64;
constexpr size_t kLargestLabelLength = 63;

[[noreturn]] void Refuse(const std::string& field, const std::string& message) {
  throw RequestError(modlab::v1::FIELD_INVALID, message, field);
}

[[noreturn]] void Missing(const std::string& field, const std::string& message) {
  throw RequestError(modlab::v1::FIELD_MISSING, message, field);
}

Model LookUpModel(const ModelLookup& lookup, const std::string& name, const std::string& field) {
  if (name.empty()) Missing(field, "the spec names no model: give `models/{id}`");
  return lookup(name, field);
}

void ResolveGraph(const std::string& field, GraphOptions* graph) {
  if (!GraphOptions::KernelNorm_IsValid(graph->kernel_norm())) {
    Refuse(field + ".kernel_norm", fmt::format("unknown kernel norm {}", static_cast<int>(graph->kernel_norm())));
  }
  if (graph->kernel_norm() == GraphOptions::KERNEL_NORM_UNSPECIFIED) graph->set_kernel_norm(GraphOptions::L1);
  if (!graph->has_fold_batch_norm()) graph->set_fold_batch_norm(true);
}

void ResolvePartition(const std::string& field, const Model& model, PartitionSpec* partition) {
  if (!partition->has_spectral()) Missing(field, "a partition needs a method: give `spectral`");
  auto* spectral = partition->mutable_spectral();
  const std::string clusters = field + ".spectral.clusters";
  if (!spectral->has_clusters()) Missing(clusters, "spectral clustering needs a number of clusters: 2 or more");
  if (spectral->clusters() < 2) {
    Refuse(clusters, fmt::format("{} is not a number of clusters: give 2 or more", spectral->clusters()));
  }
  if (model.has_inspection() && model.inspection().has_graph() &&
      spectral->clusters() > model.inspection().graph().units()) {
    Refuse(clusters, fmt::format("{} clusters were asked for, but the network has only {} units: give at most that",
                                 spectral->clusters(), model.inspection().graph().units()));
  }
  if (!spectral->has_restarts()) spectral->set_restarts(kDefaultRestarts);
  if (spectral->restarts() < 1 || spectral->restarts() > kLargestRestarts) {
    Refuse(field + ".spectral.restarts",
           fmt::format("{} restarts were asked for: give 1 to {}", spectral->restarts(), kLargestRestarts));
  }
}

Model ResolveScore(const ModelLookup& lookup, ScoreSpec* score) {
  const std::string field = "job.spec.score";
  Model model = LookUpModel(lookup, score->model(), field + ".model");
  if (model.state() == Model::UNUSABLE) {
    throw RequestError(modlab::v1::MODEL_UNUSABLE,
                       fmt::format("{} cannot be scored: {}", model.name(), model.error().message()), field + ".model");
  }
  if (score->input_shapes().empty()) {
    *score->mutable_input_shapes() = model.inspection().input_shapes();
    // A graph that could not be read with the shapes at hand may be readable with others, so only then is it an answer.
    if (model.inspection().has_graph_error()) {
      throw RequestError(
          modlab::v1::MODEL_UNUSABLE,
          fmt::format("{} cannot be scored: {}", model.name(), model.inspection().graph_error().message()),
          field + ".model");
    }
  }
  CheckInputShapes(score->input_shapes(), field + ".input_shapes");
  ResolveGraph(field + ".graph", score->mutable_graph());
  if (score->partitions().empty()) {
    Missing(field + ".partitions",
            R"(a score needs a partition: give `"partitions": [{"spectral": {"clusters": 8}}]`)");
  }
  if (score->partitions_size() > kLargestPartitions) {
    Refuse(field + ".partitions",
           fmt::format("{} partitions were asked for: give at most {}", score->partitions_size(), kLargestPartitions));
  }
  for (int i = 0; i < score->partitions_size(); ++i) {
    ResolvePartition(fmt::format("{}.partitions[{}]", field, i), model, score->mutable_partitions(i));
  }
  if (!score->has_resolution()) score->set_resolution(1);
  if (!std::isfinite(score->resolution()) || score->resolution() <= 0) {
    Refuse(field + ".resolution",
           fmt::format("{} is not a resolution: give a number over 0 (1 is the usual one)", score->resolution()));
  }
  return model;
}

}  // namespace

Model ResolveSpec(const Limits& limits, const ModelLookup& lookup, JobSpec* spec) {
  ResolveResources(limits, "job.spec.resources", spec->mutable_resources());
  if (!spec->has_seed()) spec->set_seed(0);
  switch (spec->kind_case()) {
    case JobSpec::kScore:
      return ResolveScore(lookup, spec->mutable_score());
    case JobSpec::kInspect:
      CheckInputShapes(spec->inspect().input_shapes(), "job.spec.inspect.input_shapes");
      return LookUpModel(lookup, spec->inspect().model(), "job.spec.inspect.model");
    case JobSpec::KIND_NOT_SET:
      break;
  }
  Missing("job.spec", "the spec says no kind of job: give `score` or `inspect`");
}

Job::Kind KindOf(const JobSpec& spec) {
  switch (spec.kind_case()) {
    case JobSpec::kInspect:
      return Job::INSPECT;
    case JobSpec::kScore:
      return Job::SCORE;
    case JobSpec::KIND_NOT_SET:
      break;
  }
  return Job::KIND_UNSPECIFIED;
}

void CheckLabels(const google::protobuf::Map<std::string, std::string>& labels, const std::string& field) {
  if (labels.size() > kLargestLabels) {
    Refuse(field, fmt::format("{} labels were given: give at most {}", labels.size(), kLargestLabels));
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kLargestLabelLength || value.size() > kLargestLabelLength) {
      Refuse(field, fmt::format("label `{}`: a key has 1 to {} characters, a value at most {}",
                                ToUtf8(key, kLargestLabelLength), kLargestLabelLength, kLargestLabelLength));
    }
  }
}

void CheckInputShapes(const google::protobuf::RepeatedPtrField<modlab::v1::InputShape>& shapes,
                      const std::string& field) {
  for (int i = 0; i < shapes.size(); ++i) {
    const auto& dimensions = shapes.Get(i).dimensions();
    if (dimensions.empty() || dimensions.size() > kLargestRank) {
      Refuse(fmt::format("{}[{}]", field, i),
             fmt::format("an input shape has 1 to {} dimensions, for example 1,3,224,224", kLargestRank));
    }
    for (const int dimension : dimensions) {
      if (dimension < 1 || dimension > kLargestDimension) {
        Refuse(fmt::format("{}[{}]", field, i),
               fmt::format("{} is not a dimension of an input: give 1 to {}", dimension, kLargestDimension));
      }
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

void ResolveResources(const Limits& limits, const std::string& field, Resources* resources) {
  Resources resolved = DefaultResources(limits);
  resolved.MergeFrom(*resources);
  // Merging would add up seconds of the one and nanoseconds of the other.
  if (resources->has_wall_time()) *resolved.mutable_wall_time() = resources->wall_time();
  const Resources largest = LargestResources(limits);
  if (resolved.threads() < 1 || resolved.threads() > largest.threads()) {
    Refuse(field + ".threads",
           fmt::format("{} threads were asked for: this server gives 1 to {}", resolved.threads(), largest.threads()));
  }
  constexpr int64_t least_memory = 1 << 20;
  if (resolved.memory_bytes() < least_memory || resolved.memory_bytes() > largest.memory_bytes()) {
    Refuse(field + ".memory_bytes", fmt::format("{} bytes of memory were asked for: this server gives {} to {}",
                                                resolved.memory_bytes(), least_memory, largest.memory_bytes()));
  }
  const int64_t wall = TimeUtil::DurationToMilliseconds(resolved.wall_time());
  if (wall < 1 || wall > limits.largest_wall_milliseconds) {
    Refuse(field + ".wall_time",
           fmt::format("a wall time of {} was asked for: this server gives over 0s to {}",
                       TimeUtil::ToString(resolved.wall_time()), TimeUtil::ToString(largest.wall_time())));
  }
  *resources = resolved;
}

}  // namespace modlab::server
