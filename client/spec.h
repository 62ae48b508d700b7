#pragma once

#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modlab/v1/experiment.pb.h"
#include "modlab/v1/graph.pb.h"
#include "modlab/v1/job.pb.h"
#include "modlab/v1/score.pb.h"

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

/// How many clusters: one number, or the best of a range, either end of which may be left to the server.
struct ClusterCount {
  std::optional<std::int32_t> number;
  std::optional<std::int32_t> least;
  std::optional<std::int32_t> most;
};

/// `4`, `2..16`, `auto`. Throws UsageError.
ClusterCount ParseClusterCount(std::string_view text);

/// One resolution of modularity, or a range of them.
struct Resolution {
  std::optional<double> value;
  std::optional<v1::ResolutionRange> range;
};

/// `0.5`, `0.2..3`. Throws UsageError.
Resolution ParseResolution(std::string_view text);

/// `modlab score`'s options.
struct ScoreOptions {
  /// In the order of the results. None: those that the server chooses, with the options below, and `planted`.
  std::vector<v1::Partition::Method> methods;
  std::optional<ClusterCount> clusters;
  std::optional<std::int32_t> restarts;
  bool normalize_rows = false;
  v1::Modularity::Objective objective = v1::Modularity::OBJECTIVE_UNSPECIFIED;
  std::optional<std::int32_t> leiden_restarts;
  std::vector<std::int32_t> planted;  ///< Labels.
  bool planted_composition = false;   ///< Those that a composed model carries.
  v1::NullSpec nulls;
  std::optional<std::int32_t> stability_runs;
  std::optional<std::uint32_t> seed;
  std::optional<Resolution> resolution;
  std::optional<std::int32_t> resolution_steps;
  GraphChoice graph;
  std::vector<v1::InputShape> input_shapes;
  ResourceOptions resources;
};

/// The job that scores `model` (`models/{id}`). Fields that the user did not mention stay unset. Throws UsageError
/// where options contradict each other.
v1::JobSpec ScoreJobSpec(const ScoreOptions& options, const std::string& model);

/// Reads a JobSpec in proto3 JSON. `source` is where it came from. Throws UsageError that names the field or place at
/// fault; unknown fields are errors.
v1::JobSpec ParseJobSpec(const std::string& json, std::string_view source);
/// Likewise for an experiment's spec.
v1::ExperimentSpec ParseExperimentSpec(const std::string& json, std::string_view source);

}  // namespace modlab::client
