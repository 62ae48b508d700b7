#pragma once

#include <torch/script.h>

#include <functional>
#include <vector>

#include "core/graph/model_reader.h"
#include "core/graph/operations/call.h"
#include "core/run_context.h"

namespace modlab {

/// The module that a model has loaded, as long as the model lives: Read sees what is done to its weights. For those
/// parts of core that know LibTorch.
torch::jit::Module& ModuleOf(Model& model);

/// What went into forward, without the module, and what came out.
struct ForwardRun {
  std::vector<c10::IValue> inputs;
  c10::IValue output;
};

/// Runs forward once, in evaluation mode, on an example input of these shapes (empty: derived), and tells `executed` of
/// every operation on what depends on it, in order. Errors: as Model::Read, up to the graph's blocks.
ForwardRun RunForward(Model& model, std::vector<InputShape> input_shapes,
                      const std::function<void(const reader::Call&)>& executed, RunContext& context);

}  // namespace modlab
