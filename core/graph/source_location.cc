#include "core/graph/source_location.h"

#include <algorithm>
#include <optional>
#include <sstream>

#include "core/shown_text.h"

namespace modlab::reader {
namespace {

constexpr size_t kLongestShown = 200;  // of a layer's path, and of a file's

std::vector<std::string> SplitPath(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  return parts;
}

std::string JoinPath(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) path += (path.empty() ? "" : ".") + part;
  return path;
}

/// Whether `names` occur in `path` in this order, ending with its last one.
bool EndsPath(const std::vector<std::string>& path, const std::vector<std::string>& names) {
  if (path.empty() || path.back() != names.back()) return false;
  auto next = names.begin();
  for (const std::string& part : path) {
    if (next != names.end() && part == *next) ++next;
  }
  return next == names.end();
}

/// `file:line`, empty where the range does not know.
std::string LineOf(const torch::jit::SourceRange& range) {
  if (!range.source()) return "";  // file_line_col() would crash
  const auto python = range.findSourceRangeThatGenerated();
  const auto position = (python ? *python : range).file_line_col();
  if (!position || std::get<0>(*position).empty()) return "";
  return std::get<0>(*position) + ":" + std::to_string(std::get<1>(*position));
}

bool IsInsidePyTorch(const std::string& line) { return line.find("-packages/torch/") != std::string::npos; }

}  // namespace

std::string SourceLocation::Phrase() const {
  return (layer.empty() ? "" : " in layer " + Shown(layer, kLongestShown)) + LinePhrase();
}

std::string SourceLocation::LinePhrase() const {
  if (line.empty()) return "";
  const size_t colon = line.rfind(':');
  return " (" + Shown(line.substr(0, colon), kLongestShown) + ", line " + line.substr(colon + 1) + ")";
}

SourceLocator::SourceLocator(const torch::jit::Module& module) {
  for (const auto& item : module.named_modules()) module_paths_.push_back(SplitPath(item.name));
}

SourceLocation SourceLocator::Locate(const torch::jit::Node& node) const {
  SourceLocation location;
  location.line = LineOf(node.sourceRange());
  if (!node.callstack()) return location;

  std::vector<std::string> instances;
  std::string own_line;
  for (const auto& entry : (*node.callstack())->vec()) {
    if (const auto& instance = std::get<2>(entry)) {
      const std::string name = instance->instance_name();
      if (!name.empty() && name != "SELF" && name.find("INSTANCE") == std::string::npos) instances.push_back(name);
    }
    const std::string call_line = LineOf(std::get<1>(entry));
    if (!call_line.empty() && !IsInsidePyTorch(call_line)) own_line = call_line;
  }
  // A line of the author's own says more than one of PyTorch's library.
  if (!own_line.empty() && (location.line.empty() || IsInsidePyTorch(location.line))) location.line = own_line;
  location.layer = FindLayer(instances);
  return location;
}

std::string SourceLocator::FindLayer(const std::vector<std::string>& instances) const {
  // A call stack names the modules that were called: `0` for layer `layers.0` of a module list, which itself never is.
  if (instances.empty()) return "";
  const auto matches = [&](const std::vector<std::string>& path) { return EndsPath(path, instances); };
  const auto found = std::find_if(module_paths_.begin(), module_paths_.end(), matches);
  const bool unique = found != module_paths_.end() && std::none_of(found + 1, module_paths_.end(), matches);
  return JoinPath(unique ? *found : instances);
}

}  // namespace modlab::reader
