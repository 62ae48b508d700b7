#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

namespace modlab::reader {

/// Where in the model an operation stands.
struct SourceLocation {
  /// Dotted path of the module whose code contains it; empty for the model itself, or where the archive does not tell.
  std::string layer;
  /// `net.py:12`: of the Python file that the model was made from, else of the archive's code; empty if unknown.
  std::string line;

  /// ` in layer features.0 (net.py, line 12)`, as far as known, cut to what a sentence holds.
  std::string Phrase() const;
  /// ` (net.py, line 12)`, or nothing.
  std::string LinePhrase() const;
};

/// Finds the source locations of a model's operations.
class SourceLocator {
 public:
  explicit SourceLocator(const torch::jit::Module& module);

  SourceLocation Locate(const torch::jit::Node& node) const;

 private:
  std::string FindLayer(const std::vector<std::string>& instances) const;

  std::vector<std::vector<std::string>> module_paths_;
};

}  // namespace modlab::reader
