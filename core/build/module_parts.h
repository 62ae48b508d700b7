#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/build/network_description.h"

namespace modlab {

// What modules are put together from. Internal to core: it shows LibTorch's types.

/// A module without anything but `training`, true, of a type of its own.
torch::jit::Module NewModule(const std::string& name, const std::shared_ptr<torch::jit::CompilationUnit>& types);

/// PyTorch's default weight, of [outputs, inputs, kernel...], and, where wanted, bias of a linear or convolutional
/// layer: uniform in +-1/sqrt(fan-in), drawn in this order, to the bit as torch.nn draws them.
void AddDefaultWeights(torch::jit::Module& module, const std::vector<int64_t>& shape, bool bias,
                       at::Generator& generator);

/// `torch.relu(x)`; empty for none.
std::string ActivationCall(Activation activation);

/// A number as TorchScript has it, whichever it is: a float stays one.
std::string Literal(double number);

/// The forward of a batch norm whose module has weight, bias, running_mean, running_var and num_batches_tracked; the
/// first two may be None, of that name then.
std::string BatchNormForward(const std::string& weight, const std::string& bias, double momentum, double epsilon);

/// Writes the module as an archive; the same module gives the same bytes, whatever the path. Throws std::runtime_error
/// where the file cannot be written.
void SaveModule(const torch::jit::Module& module, const std::string& path);

/// What `make` returns. Errors: kOutOfMemory; what else goes wrong in LibTorch is std::logic_error.
torch::jit::Module MakeOrExplain(const std::function<torch::jit::Module()>& make);

}  // namespace modlab
