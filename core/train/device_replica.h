#pragma once

#include <torch/script.h>

#include <utility>
#include <vector>

namespace modlab {

/// A copy of a module on another device, which runs forward and backward there. The module's own tensors stay what
/// counts: they are updated, written down and read as a graph, and the copy follows them. Internal to core/train: it
/// shows LibTorch's types.
class DeviceReplica {
 public:
  DeviceReplica(const torch::jit::Module& module, const at::Device& device);

  /// In the mode that the copy is in; `input` is moved.
  c10::IValue Forward(const at::Tensor& input);
  torch::jit::Module& module() { return copy_; }

  /// Moves the gradients of the copy's parameters to the module's, which must have none.
  void FetchGradients();
  /// Copies the copy's buffers, which forward may have changed, to the module's.
  void FetchBuffers();
  /// Copies the module's parameters to the copy.
  void SendParameters();
  /// Copies the module's buffers to the copy, over what forwards have made of them there.
  void SendBuffers();

 private:
  struct Pair {
    at::Tensor own;
    at::Tensor copied;
  };

  at::Device device_;
  torch::jit::Module copy_;
  std::vector<Pair> parameters_;
  std::vector<Pair> buffers_;
};

}  // namespace modlab
