#include "core/train/device_replica.h"

#include <torch/torch.h>

namespace modlab {

DeviceReplica::DeviceReplica(const torch::jit::Module& module, const at::Device& device) : device_(device) {
  const torch::NoGradGuard no_gradients;
  copy_ = module.deepcopy();
  copy_.to(device);
  const auto pair = [](const auto& own, const auto& copied, std::vector<Pair>& pairs) {
    auto next = copied.begin();
    for (const at::Tensor& tensor : own) pairs.push_back({tensor, *next++});
  };
  pair(module.parameters(), copy_.parameters(), parameters_);
  pair(module.buffers(), copy_.buffers(), buffers_);
  for (Pair& parameter : parameters_) parameter.copied.set_requires_grad(parameter.own.requires_grad());
}

c10::IValue DeviceReplica::Forward(const at::Tensor& input) { return copy_.forward({input.to(device_)}); }

void DeviceReplica::FetchGradients() {
  for (const Pair& parameter : parameters_) {
    const at::Tensor gradient = parameter.copied.grad();
    if (!gradient.defined()) continue;
    parameter.own.mutable_grad() = gradient.to(at::kCPU);
    parameter.copied.mutable_grad() = at::Tensor();
  }
}

void DeviceReplica::FetchBuffers() {
  const torch::NoGradGuard no_gradients;
  for (Pair& buffer : buffers_) buffer.own.copy_(buffer.copied);
}

void DeviceReplica::SendParameters() {
  const torch::NoGradGuard no_gradients;
  for (Pair& parameter : parameters_) parameter.copied.copy_(parameter.own);
}

void DeviceReplica::SendBuffers() {
  const torch::NoGradGuard no_gradients;
  for (Pair& buffer : buffers_) buffer.copied.copy_(buffer.own);
}

}  // namespace modlab
