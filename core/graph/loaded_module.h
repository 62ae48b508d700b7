#pragma once

#include <torch/script.h>

#include "core/graph/model_reader.h"

namespace modlab {

/// The module that a model has loaded, as long as the model lives: Read sees what is done to its weights. For those
/// parts of core that know LibTorch.
torch::jit::Module& ModuleOf(Model& model);

}  // namespace modlab
