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
using modlab::v1::InputShape;
using modlab::v1::Model;
using InputShapes = google::protobuf::RepeatedPtrField<InputShape>;

const std::string kComposeField = "job.spec.compose";
constexpr int kMostParts = 16;
constexpr int kMostOutputs = 1 << 24;
constexpr double kLargestDeviation = 1e6;

Model FindPart(const ModelLookup& lookup, const std::string& name, const std::string& field) {
  if (name.empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "a part has no name: give `models/{id}`", kComposeField + field);
  }
  Model model = lookup(name, kComposeField + field);
  if (model.state() == Model::UNUSABLE) {
    throw RequestError(modlab::v1::MODEL_UNUSABLE,
                       fmt::format("{} cannot be composed: {}", model.name(), model.error().message()),
                       kComposeField + field);
  }
  return model;
}

/// One for each model, without dimensions where none is known that fits.
InputShapes InspectedShapes(const std::vector<Model>& models) {
  InputShapes shapes;
  for (const Model& model : models) {
    const auto& inspection = model.inspection();
    const bool fits = inspection.graph_error().reason() != modlab::v1::INPUT_SHAPE_INVALID;
    *shapes.Add() = fits && inspection.input_shapes_size() == 1 ? inspection.input_shapes(0) : InputShape();
  }
  return shapes;
}

void ResolveInputShapes(const std::vector<Model>& models, ComposeSpec* spec) {
  const std::string field = kComposeField + ".input_shapes";
  if (spec->input_shapes().empty()) *spec->mutable_input_shapes() = InspectedShapes(models);
  if (spec->input_shapes_size() != static_cast<int>(models.size())) {
    RefuseField(field, fmt::format("{} input shapes were given: give one for each of the {} models, the head last, or "
                                   "none",
                                   spec->input_shapes_size(), models.size()));
  }
  InputShapes given = spec->input_shapes();
  for (InputShape& shape : given) {
    if (shape.dimensions().empty()) shape.add_dimensions(1);  // to be derived: nothing to check
  }
  CheckInputShapes(given, field);
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
  std::vector<Model> models;
  std::vector<JobInput> inputs;
  const auto add = [&](const std::string& file, const std::string& name, const std::string& field) {
    const Model& model = models.emplace_back(FindPart(lookup, name, field));
    inputs.push_back({file, model.name(), model.sha256()});
  };
  for (int i = 0; i < spec->parts_size(); ++i) add(PartFileName(i), spec->parts(i), fmt::format(".parts[{}]", i));
  if (!spec->head().empty()) add(kHeadFile, spec->head(), ".head");
  ResolveInputShapes(models, spec);
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

std::optional<InputShape> ComposedInputShape(const ComposeSpec& spec) {
  if (spec.input_shapes_size() < spec.parts_size()) return std::nullopt;
  InputShape composed = spec.input_shapes(0);
  if (composed.dimensions_size() < 2) return std::nullopt;
  for (int i = 1; i < spec.parts_size(); ++i) {
    const InputShape& part = spec.input_shapes(i);
    if (part.dimensions_size() < 2) return std::nullopt;
    composed.set_dimensions(1, composed.dimensions(1) + part.dimensions(1));
  }
  return composed;
}

void CheckComposed(const std::string& field, const Model& model, const std::string& so) {
  if (model.state() != Model::READY || model.inspection().composed_parts() > 0) return;
  throw RequestError(modlab::v1::FIELD_INVALID,
                     fmt::format("{} was not composed, so {}: compose one (`modlab model compose`)", model.name(), so),
                     field);
}

}  // namespace modlab::server
