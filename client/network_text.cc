#include "client/network_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::int32_t> ToSize(std::string_view text) {
  std::int32_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || size < 0) return std::nullopt;
  return size;
}

/// All of them, or nothing.
std::optional<std::vector<std::int32_t>> ToSizes(const std::vector<std::string_view>& texts, std::size_t first) {
  std::vector<std::int32_t> sizes;
  for (std::size_t i = first; i < texts.size(); ++i) {
    const auto size = ToSize(texts[i]);
    if (!size) return std::nullopt;
    sizes.push_back(*size);
  }
  return sizes;
}

[[noreturn]] void RefuseLayer(std::string_view layer) {
  throw UsageError(
      fmt::format("'{}' is no layer; write conv:CHANNELS:KERNEL[:STRIDE[:PADDING]], pool:KERNEL[:STRIDE], "
                  "avgpool:KERNEL[:STRIDE], or the number of outputs of a linear layer",
                  Printable(layer)));
}

void ParseLayer(std::string_view text, v1::LayerSpec& layer) {
  const std::vector<std::string_view> parts = Split(text, ':');
  if (parts.size() == 1) {
    const auto outputs = ToSize(text);
    if (!outputs) RefuseLayer(text);
    return layer.mutable_linear()->set_outputs(*outputs);
  }
  const auto sizes = ToSizes(parts, 1);
  if (!sizes) RefuseLayer(text);
  if (parts[0] == "conv" && sizes->size() >= 2 && sizes->size() <= 4) {
    v1::ConvolutionLayer& convolution = *layer.mutable_convolution();
    convolution.set_channels((*sizes)[0]);
    convolution.set_kernel((*sizes)[1]);
    if (sizes->size() > 2) convolution.set_stride((*sizes)[2]);
    if (sizes->size() > 3) convolution.set_padding((*sizes)[3]);
  } else if ((parts[0] == "pool" || parts[0] == "avgpool") && sizes->size() <= 2) {
    v1::PoolingLayer& pooling = *layer.mutable_pooling();
    if (parts[0] == "avgpool") pooling.set_operation(v1::PoolingLayer::AVERAGE);
    pooling.set_kernel((*sizes)[0]);
    if (sizes->size() > 1) pooling.set_stride((*sizes)[1]);
  } else {
    RefuseLayer(text);
  }
}

}  // namespace

void ParseMlp(std::string_view text, v1::BuildSpec& spec) {
  const auto sizes = ToSizes(Split(text, ','), 0);
  if (!sizes || sizes->size() < 2) {
    throw UsageError(fmt::format("'{}' is no list of layers; write the numbers of units, the inputs first: 784,100,10",
                                 Printable(text)));
  }
  spec.add_input_shape(sizes->front());
  for (std::size_t i = 1; i < sizes->size(); ++i) spec.add_layers()->mutable_linear()->set_outputs((*sizes)[i]);
}

void ParseCnn(std::string_view text, v1::BuildSpec& spec) {
  const std::vector<std::string_view> parts = Split(text, ',');
  const auto shape = ToSizes(Split(parts[0], 'x'), 0);
  if (!shape || shape->size() != 3) {
    throw UsageError(
        fmt::format("'{}' is no shape of an image; write CHANNELSxHEIGHTxWIDTH, as 1x28x28, and then the "
                    "layers: 1x28x28,conv:16:3,pool:2,10",
                    Printable(parts[0])));
  }
  spec.mutable_input_shape()->Assign(shape->begin(), shape->end());
  for (std::size_t i = 1; i < parts.size(); ++i) ParseLayer(parts[i], *spec.add_layers());
}

}  // namespace modlab::client
