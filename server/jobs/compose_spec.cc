#include "server/jobs/compose_spec.h"

#include <fmt/format.h>

#include <cmath>

#include "server/executor/attempt_directory.h"
#include "server/jobs/request_error.h"
#include "server/jobs/resource_checks.h"

namespace modlab::server {
namespace {

using modlab::v1::BuildSpec;
using modlab::v1::ComposeSpec;
using modlab::v1::Model;

const std::string kComposeField = "job.spec.compose";
constexpr int kMostParts = 16;
constexpr int kMostOutputs = 1 << 24;
constexpr double kLargestDeviation = 1e6;

JobInput FindPart(const ModelLookup& lookup, const std::string& file, const std::string& name,
                  const std::string& field) {
  if (name.empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "a part has no name: give `models/{id}`", kComposeField + field);
  }
  const Model model = lookup(name, kComposeField + field);
  if (model.state() == Model::UNUSABLE) {
    throw RequestError(modlab::v1::MODEL_UNUSABLE,
                       fmt::format("{} cannot be composed: {}", model.name(), model.error().message()),
                       kComposeField + field);
  }
  return {file, model.name(), model.sha256()};
}

}  // namespace

std::vector<JobInput> ResolveCompose(const ModelLookup& lookup, ComposeSpec* spec) {
  if (spec->parts_size() < 2) {
    throw RequestError(modlab::v1::FIELD_MISSING,
                       "a composition has two parts or more: name models; the same one twice, if you want two of it",
                       kComposeField + ".parts");
  }
  if (spec->parts_size() > kMostParts) {
    RefuseField(kComposeField + ".parts",
                fmt::format("{} parts were given: give at most {}", spec->parts_size(), kMostParts));
  }
  std::vector<JobInput> inputs;
  inputs.reserve(static_cast<size_t>(spec->parts_size()) + 1);
  for (int i = 0; i < spec->parts_size(); ++i) {
    inputs.push_back(FindPart(lookup, PartFileName(i), spec->parts(i), fmt::format(".parts[{}]", i)));
  }
  if (!spec->head().empty()) inputs.push_back(FindPart(lookup, kHeadFile, spec->head(), ".head"));
  if (!(spec->cross_deviation() >= 0 && spec->cross_deviation() <= kLargestDeviation)) {
    RefuseField(kComposeField + ".cross_deviation",
                fmt::format("{} is no standard deviation of weights: give 0 or more (0.01 is little)",
                            spec->cross_deviation()));
  }
  if (spec->has_bridge()) {
    auto* bridge = spec->mutable_bridge();
    if (bridge->has_outputs() && (bridge->outputs() < 1 || bridge->outputs() > kMostOutputs)) {
      RefuseField(kComposeField + ".bridge.outputs",
                  fmt::format("{} is no number of outputs: give 1 to {}", bridge->outputs(), kMostOutputs));
    }
    if (!BuildSpec::Activation_IsValid(bridge->activation())) {
      RefuseField(kComposeField + ".bridge.activation",
                  fmt::format("unknown activation {}", static_cast<int>(bridge->activation())));
    }
    if (bridge->activation() == BuildSpec::ACTIVATION_UNSPECIFIED) bridge->set_activation(BuildSpec::NONE);
  }
  CheckDisplayName(spec->display_name(), kComposeField + ".display_name");
  if (spec->display_name().empty()) spec->set_display_name("composed");
  return inputs;
}

void CheckComposed(const std::string& field, const Model& model, const std::string& so) {
  if (model.state() != Model::READY || model.inspection().composed_parts() > 0) return;
  throw RequestError(modlab::v1::FIELD_INVALID,
                     fmt::format("{} was not composed, so {}: compose one (`modlab model compose`)", model.name(), so),
                     field);
}

}  // namespace modlab::server
