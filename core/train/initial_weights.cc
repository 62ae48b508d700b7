#include "core/train/initial_weights.h"

#include "core/train/relu_rescaling.h"

namespace modlab {

void MakeClusterable(const ClusterableInitializationOptions& options,
                     const std::vector<TrainableModel::Parameter>& parameters, const Masks& masks) {
  int64_t channels = 0;  ///< Of the convolution before; 0: there is none.
  for (size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& weight = parameters[i].tensor;
    if (weight.dim() < 2) continue;
    const int64_t outputs = weight.size(0);
    const bool reads_channels = weight.dim() == 2 && channels > 0 && weight.size(1) % channels == 0;
    const int64_t inputs = reads_channels ? channels : weight.size(1);
    const at::Tensor before = masks.of(i) != nullptr ? weight.detach().clone() : at::Tensor();
    auto* values = weight.data_ptr<float>();
    MakeClusterable(options, static_cast<int>(outputs), static_cast<int>(inputs), weight.numel() / (outputs * inputs),
                    values);
    for (int64_t entry = 0; before.defined() && entry < weight.numel(); ++entry) {
      if (masks.of(i)[entry] == 0) values[entry] = before.data_ptr<float>()[entry];
    }
    channels = weight.dim() > 2 ? outputs : 0;
  }
}

void BalanceUnits(const DenseLayers& layers) {
  for (size_t i = 0; i + 1 < layers.layers.size(); ++i) {
    const DenseLayer& into = layers.layers[i];
    const DenseLayer& out_of = layers.layers[i + 1];
    if (into.activation != Activation::kRelu && into.activation != Activation::kNone) continue;
    BalanceUnits({static_cast<int>(into.weight.size(1)), static_cast<int>(into.weight.size(0)),
                  static_cast<int>(out_of.weight.size(0)), into.weight.data_ptr<float>(),
                  into.bias.defined() ? into.bias.data_ptr<float>() : nullptr, out_of.weight.data_ptr<float>()});
  }
}

}  // namespace modlab
