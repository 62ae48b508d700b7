#pragma once

#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modlab/v1/graph.pb.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// What a job may use, as far as the user said so; the server fills in the rest.
struct ResourceOptions {
  std::optional<std::int32_t> threads;
  std::optional<google::protobuf::Duration> time_limit;
  std::optional<std::int64_t> memory_limit;

  bool empty() const { return !threads && !time_limit && !memory_limit; }
  /// Overrides in `resources` what was given.
  void ApplyTo(v1::Resources& resources) const;
};

/// How a network is to become a graph, as far as the user said so.
struct GraphChoice {
  v1::GraphOptions options;
  v1::Preset preset = v1::PRESET_UNSPECIFIED;
};

/// `modlab score`'s options.
struct ScoreOptions {
  std::optional<std::int32_t> clusters;  ///< Default 8, without a preset.
  std::optional<std::int32_t> restarts;
  std::optional<std::uint32_t> seed;
  std::optional<double> resolution;
  GraphChoice graph;
  std::vector<v1::InputShape> input_shapes;
  ResourceOptions resources;
};

/// The job that scores `model` (`models/{id}`): one spectral partition. Fields that the user did not mention stay
/// unset.
v1::JobSpec ScoreJobSpec(const ScoreOptions& options, const std::string& model);

/// Reads a JobSpec in proto3 JSON. `source` is where it came from. Throws UsageError that names the field or place at
/// fault; unknown fields are errors.
v1::JobSpec ParseJobSpec(const std::string& json, std::string_view source);

}  // namespace modlab::client
