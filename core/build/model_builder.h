#pragma once

#include <cstdint>
#include <string>

#include "core/build/network_description.h"

namespace modlab {

/// Builds the network as a TorchScript module and saves it to a file, which torch.jit.load reads, too.
///
/// Layers are submodules named as DescribeShapes names them, `bn1`, ... the norm after `conv1`, ...; their parameters
/// and buffers have the names, shapes and types (float32) of torch.nn.Linear's, Conv1d's to Conv3d's and BatchNorm1d's
/// to BatchNorm3d's, so that state dictionaries go over. All parameters require gradients. The module is saved in
/// training mode; train() and eval() act on dropout and batch norm.
///
/// Weights are PyTorch's default: uniform in +-1/sqrt(fan-in), biases too; norms 1 and 0. They are the ones, to the
/// bit, that the same version of PyTorch gives the same layers made in order after torch.manual_seed(seed). (Only the
/// lower 32 bits of the seed tell, as there.) The same description and seed give the same bytes; LibTorch's own random
/// numbers are left alone.
///
/// Errors: kInvalidOption, as DescribeShapes; kOutOfMemory; std::runtime_error where the file cannot be written.
void BuildModel(const NetworkDescription& network, uint64_t seed, const std::string& path);

}  // namespace modlab
