#include "client/spec.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <sstream>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr std::int32_t kDefaultClusters = 8;

}  // namespace

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
  v1::SpectralSpec& spectral = *score.add_partitions()->mutable_spectral();
  const bool has_preset = options.graph.preset != v1::PRESET_UNSPECIFIED;
  if (options.clusters || !has_preset) spectral.set_clusters(options.clusters.value_or(kDefaultClusters));
  if (options.restarts) spectral.set_restarts(*options.restarts);
  if (options.resolution) score.set_resolution(*options.resolution);
  return spec;
}

v1::JobSpec ParseJobSpec(const std::string& json, std::string_view source) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  v1::JobSpec spec;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &spec, options);
  if (!status.ok()) {
    // For a syntax error: a sentence, the text around it, and a caret below that, a line each.
    std::istringstream message(std::string(status.message().data(), status.message().size()));
    std::string sentence;
    std::string place;
    std::getline(message, sentence);
    std::getline(message, place);
    if (!place.empty()) sentence += fmt::format(" Near: {}", place);
    throw UsageError(fmt::format("{} is not a job's spec in JSON: {}", source, Printable(sentence)));
  }
  return spec;
}

}  // namespace modlab::client
