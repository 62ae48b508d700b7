#include "client/spec.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

template <typename Number>
std::optional<Number> ToNumber(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// `what`: what it is meant to be.
template <typename Spec>
Spec ParseSpec(const std::string& json, std::string_view source, std::string_view what) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  Spec spec;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &spec, options);
  if (status.ok()) return spec;
  // For a syntax error: a sentence, the text around it, and a caret below that, a line each.
  std::istringstream message(std::string(status.message().data(), status.message().size()));
  std::string sentence;
  std::string place;
  std::getline(message, sentence);
  std::getline(message, place);
  if (!place.empty()) sentence += fmt::format(" Near: {}", place);
  throw UsageError(fmt::format("{} is not {} in JSON: {}", source, what, Printable(sentence)));
}

v1::SpectralSpec Spectral(const ScoreOptions& options) {
  v1::SpectralSpec spectral;
  if (options.clusters) {
    if (options.clusters->number) spectral.set_clusters(*options.clusters->number);
    if (options.clusters->least) spectral.set_least_clusters(*options.clusters->least);
    if (options.clusters->most) spectral.set_most_clusters(*options.clusters->most);
  }
  if (options.restarts) spectral.set_restarts(*options.restarts);
  if (options.normalize_rows) spectral.set_normalize_rows(true);
  return spectral;
}

bool HasSweep(const ScoreOptions& options) { return options.resolution && options.resolution->range; }

v1::LeidenSpec Leiden(const ScoreOptions& options) {
  v1::LeidenSpec leiden;
  leiden.set_objective(options.objective);
  if (options.leiden_restarts) leiden.set_restarts(*options.leiden_restarts);
  if (HasSweep(options)) {
    *leiden.mutable_sweep() = *options.resolution->range;
    if (options.resolution_steps) leiden.mutable_sweep()->set_steps(*options.resolution_steps);
  }
  return leiden;
}

/// The methods given; else those that the server would choose.
std::vector<v1::Partition::Method> Methods(const ScoreOptions& options) {
  std::vector<v1::Partition::Method> methods = options.methods;
  const bool has_planted = !options.planted.empty() || options.planted_composition;
  if (methods.empty()) {
    methods.push_back(v1::Partition::SPECTRAL);
    if (options.graph.preset == v1::PRESET_UNSPECIFIED) methods.push_back(v1::Partition::LEIDEN);
    if (has_planted) methods.push_back(v1::Partition::PLANTED);
  }
  const auto has = [&](v1::Partition::Method method) {
    return std::find(methods.begin(), methods.end(), method) != methods.end();
  };
  const auto check = [&](bool given, v1::Partition::Method method, const char* option, const char* name) {
    if (given && !has(method))
      throw UsageError(fmt::format("{} is for --method {}, which is not asked for", option, name));
  };
  check(options.clusters.has_value(), v1::Partition::SPECTRAL, "--clusters", "spectral");
  check(options.restarts.has_value(), v1::Partition::SPECTRAL, "--restarts", "spectral");
  check(options.normalize_rows, v1::Partition::SPECTRAL, "--normalize-rows", "spectral");
  check(options.objective != v1::Modularity::OBJECTIVE_UNSPECIFIED, v1::Partition::LEIDEN, "--objective", "leiden");
  check(options.leiden_restarts.has_value(), v1::Partition::LEIDEN, "--leiden-restarts", "leiden");
  check(HasSweep(options), v1::Partition::LEIDEN, "--resolution A..B", "leiden");
  if (options.resolution_steps && !HasSweep(options)) {
    throw UsageError("--resolution-steps is for a range of resolutions: --resolution 0.2..3, say");
  }
  check(has_planted, v1::Partition::PLANTED, "--planted", "planted");
  if (has(v1::Partition::PLANTED) && !has_planted) {
    throw UsageError("--method planted needs the partition: give --planted FILE, with a label for each unit");
  }
  return methods;
}

}  // namespace

ClusterCount ParseClusterCount(std::string_view text) {
  if (text == "auto") return {};
  ClusterCount count;
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    count.number = ToNumber<std::int32_t>(text);
    if (count.number) return count;
  } else {
    count.least = ToNumber<std::int32_t>(text.substr(0, dots));
    count.most = ToNumber<std::int32_t>(text.substr(dots + 2));
    if (count.least && count.most) return count;
  }
  throw UsageError(fmt::format("'{}' is not a number of clusters; write a number, a range as 2..16, or auto", text));
}

Resolution ParseResolution(std::string_view text) {
  Resolution resolution;
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    resolution.value = ToNumber<double>(text);
    if (resolution.value) return resolution;
  } else {
    const auto least = ToNumber<double>(text.substr(0, dots));
    const auto most = ToNumber<double>(text.substr(dots + 2));
    if (least && most) {
      resolution.range.emplace();
      resolution.range->set_least(*least);
      resolution.range->set_most(*most);
      return resolution;
    }
  }
  throw UsageError(fmt::format("'{}' is not a resolution; write a number, or a range as 0.2..3", Printable(text)));
}

void ResourceOptions::ApplyTo(v1::Resources& resources) const {
  if (threads) resources.set_threads(*threads);
  if (time_limit) *resources.mutable_wall_time() = *time_limit;
  if (memory_limit) resources.set_memory_bytes(*memory_limit);
}

v1::JobSpec ScoreJobSpec(const ScoreOptions& options, const std::string& model) {
  v1::JobSpec spec;
  if (!options.resources.empty()) options.resources.ApplyTo(*spec.mutable_resources());
  if (options.seed) spec.set_seed(*options.seed);
  v1::ScoreSpec& score = *spec.mutable_score();
  score.set_model(model);
  score.mutable_input_shapes()->Assign(options.input_shapes.begin(), options.input_shapes.end());
  if (options.graph.options.ByteSizeLong() > 0) *score.mutable_graph() = options.graph.options;
  score.set_preset(options.graph.preset);
  for (const v1::Partition::Method method : Methods(options)) {
    v1::PartitionSpec& partition = *score.add_partitions();
    if (method == v1::Partition::SPECTRAL) *partition.mutable_spectral() = Spectral(options);
    if (method == v1::Partition::LEIDEN) *partition.mutable_leiden() = Leiden(options);
    if (method == v1::Partition::PLANTED) {
      v1::PlantedSpec& planted = *partition.mutable_planted();
      planted.set_composition(options.planted_composition);
      planted.mutable_labels()->Assign(options.planted.begin(), options.planted.end());
    }
  }
  if (options.nulls.ByteSizeLong() > 0) *score.mutable_nulls() = options.nulls;
  if (options.stability_runs) score.set_stability_runs(*options.stability_runs);
  if (options.resolution && options.resolution->value) score.set_resolution(*options.resolution->value);
  return spec;
}

v1::JobSpec ParseJobSpec(const std::string& json, std::string_view source) {
  return ParseSpec<v1::JobSpec>(json, source, "a job's spec");
}

v1::ExperimentSpec ParseExperimentSpec(const std::string& json, std::string_view source) {
  return ParseSpec<v1::ExperimentSpec>(json, source, "an experiment's spec");
}

}  // namespace modlab::client
