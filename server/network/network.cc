#include "server/network/network.h"

namespace modlab::server {
namespace {

using modlab::v1::BuildSpec;
using modlab::v1::LayerSpec;

LayerDescription ToLayer(const LayerSpec& layer) {
  if (layer.has_convolution()) {
    const auto& convolution = layer.convolution();
    return ConvolutionLayer{convolution.channels(), convolution.kernel(), convolution.stride(), convolution.padding()};
  }
  if (layer.has_pooling()) {
    const auto& pooling = layer.pooling();
    return modlab::PoolingLayer{pooling.operation() == modlab::v1::PoolingLayer::AVERAGE
                                    ? modlab::PoolingLayer::Kind::kAverage
                                    : modlab::PoolingLayer::Kind::kMaximum,
                                pooling.kernel(), pooling.stride()};
  }
  return LinearLayer{layer.linear().outputs()};
}

}  // namespace

Activation ToActivation(BuildSpec::Activation activation) {
  switch (activation) {
    case BuildSpec::RELU:
      return Activation::kRelu;
    case BuildSpec::TANH:
      return Activation::kTanh;
    case BuildSpec::SIGMOID:
      return Activation::kSigmoid;
    case BuildSpec::GELU:
      return Activation::kGelu;
    default:
      return Activation::kNone;
  }
}

NetworkDescription NetworkOf(const BuildSpec& spec) {
  NetworkDescription network;
  network.input_shape.assign(spec.input_shape().begin(), spec.input_shape().end());
  for (const LayerSpec& layer : spec.layers()) network.layers.push_back(ToLayer(layer));
  network.hidden_activation = ToActivation(spec.activation());
  network.output_activation = ToActivation(spec.output_activation());
  network.dropout = spec.dropout();
  network.batch_norm = spec.batch_norm();
  return network;
}

}  // namespace modlab::server
