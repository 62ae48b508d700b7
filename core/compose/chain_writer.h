#pragma once

#include <torch/script.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "core/compose/layer_chain.h"

namespace modlab {

/// Writes layers, one after the other, as submodules of a module whose forward runs them in turn. Those with weights
/// and batch norms are numbered by kind: `fc1`, `conv1`, `bn1`. Internal to core/compose: it shows LibTorch's types.
class ChainWriter {
 public:
  ChainWriter(const std::string& name, std::shared_ptr<torch::jit::CompilationUnit> types);

  /// Takes the layer's tensors over as parameters and buffers. Returns the submodule's name; empty: it is none.
  std::string Add(const ChainLayer& layer);
  /// Defines forward. Nothing may be added any more.
  torch::jit::Module Finish();

 private:
  void Line(const std::string& expression) { forward_ << "    x = " << expression << "\n"; }
  std::string AddSubmodule(const std::string& kind, const torch::jit::Module& module);
  torch::jit::Module WithWeights(const char* name, const ChainLayer& layer) const;

  std::shared_ptr<torch::jit::CompilationUnit> types_;
  torch::jit::Module module_;
  std::map<std::string, int> numbers_;
  std::ostringstream forward_;
};

/// A setting as TorchScript has it.
std::string SettingText(const c10::IValue& value);

}  // namespace modlab
