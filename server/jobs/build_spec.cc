#include "server/jobs/build_spec.h"

#include <fmt/format.h>

#include <string>

#include "core/error.h"
#include "server/jobs/request_error.h"
#include "server/jobs/resource_checks.h"
#include "server/network/network.h"

namespace modlab::server {
namespace {

using modlab::v1::BuildSpec;
using modlab::v1::ConvolutionLayer;
using modlab::v1::LayerSpec;
using modlab::v1::PoolingLayer;

constexpr int kMostLayers = 1000;
constexpr int kMostUnits = 1 << 24;
constexpr int kLargestWindow = 1 << 12;

void CheckSize(const std::string& field, int size, int most, const char* what) {
  if (size < 1 || size > most) RefuseField(field, fmt::format("{} is no {}: give 1 to {}", size, what, most));
}

void ResolveConvolution(const std::string& field, ConvolutionLayer* layer) {
  CheckSize(field + ".channels", layer->channels(), kMostUnits, "number of channels");
  CheckSize(field + ".kernel", layer->kernel(), kLargestWindow, "size of a kernel");
  if (!layer->has_stride()) layer->set_stride(1);
  CheckSize(field + ".stride", layer->stride(), kLargestWindow, "stride");
  if (layer->padding() < 0 || layer->padding() > kLargestWindow) {
    RefuseField(field + ".padding", fmt::format("{} is no padding: give 0 to {}", layer->padding(), kLargestWindow));
  }
}

void ResolvePooling(const std::string& field, PoolingLayer* layer) {
  if (!PoolingLayer::Operation_IsValid(layer->operation())) {
    RefuseField(field + ".operation", fmt::format("unknown operation {}", static_cast<int>(layer->operation())));
  }
  if (layer->operation() == PoolingLayer::OPERATION_UNSPECIFIED) layer->set_operation(PoolingLayer::MAX);
  CheckSize(field + ".kernel", layer->kernel(), kLargestWindow, "size of a window");
  if (!layer->has_stride()) layer->set_stride(layer->kernel());
  CheckSize(field + ".stride", layer->stride(), kLargestWindow, "stride");
}

void ResolveLayer(const std::string& field, LayerSpec* layer) {
  switch (layer->kind_case()) {
    case LayerSpec::kLinear:
      return CheckSize(field + ".linear.outputs", layer->linear().outputs(), kMostUnits, "number of outputs");
    case LayerSpec::kConvolution:
      return ResolveConvolution(field + ".convolution", layer->mutable_convolution());
    case LayerSpec::kPooling:
      return ResolvePooling(field + ".pooling", layer->mutable_pooling());
    case LayerSpec::KIND_NOT_SET:
      break;
  }
  throw RequestError(modlab::v1::FIELD_MISSING, "a layer is of a kind: give `linear`, `convolution` or `pooling`",
                     field);
}

void CheckActivation(const std::string& field, BuildSpec::Activation activation) {
  if (BuildSpec::Activation_IsValid(activation)) return;
  RefuseField(field, fmt::format("unknown activation {}", static_cast<int>(activation)));
}

/// Whether every layer fits the one before.
void CheckShapes(const BuildSpec& spec) {
  try {
    DescribeShapes(NetworkOf(spec));
  } catch (const Error& error) {
    std::string field = "job.spec.build";
    if (const auto layer = error.metadata().find("layer"); layer != error.metadata().end()) {
      field += fmt::format(".layers[{}]", std::stoi(layer->second) - 1);
    }
    RefuseField(field, error.what());
  }
}

}  // namespace

void ResolveBuild(BuildSpec* spec) {
  const std::string field = "job.spec.build";
  if (spec->input_shape().empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING,
                       "a network has inputs: give the shape of one sample, [784] or [1, 28, 28]",
                       field + ".input_shape");
  }
  for (const int size : spec->input_shape()) CheckSize(field + ".input_shape", size, kMostUnits, "size of an input");
  if (spec->layers().empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "a network has layers: give one or more", field + ".layers");
  }
  if (spec->layers_size() > kMostLayers) {
    RefuseField(field + ".layers",
                fmt::format("{} layers were asked for: give at most {}", spec->layers_size(), kMostLayers));
  }
  bool has_convolution = false;
  for (int i = 0; i < spec->layers_size(); ++i) {
    ResolveLayer(fmt::format("{}.layers[{}]", field, i), spec->mutable_layers(i));
    has_convolution = has_convolution || !spec->layers(i).has_linear();
  }
  CheckActivation(field + ".activation", spec->activation());
  CheckActivation(field + ".output_activation", spec->output_activation());
  if (spec->activation() == BuildSpec::ACTIVATION_UNSPECIFIED) spec->set_activation(BuildSpec::RELU);
  if (spec->output_activation() == BuildSpec::ACTIVATION_UNSPECIFIED) spec->set_output_activation(BuildSpec::NONE);
  if (!(spec->dropout() >= 0 && spec->dropout() < 1)) {
    RefuseField(field + ".dropout",
                fmt::format("{} is no share of units to drop: give 0 up to, but not, 1", spec->dropout()));
  }
  CheckShapes(*spec);
  CheckDisplayName(spec->display_name(), field + ".display_name");
  if (spec->display_name().empty()) spec->set_display_name(has_convolution ? "cnn" : "mlp");
}

}  // namespace modlab::server
