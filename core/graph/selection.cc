#include "core/graph/selection.h"

#include <fnmatch.h>

#include <algorithm>

#include "core/error.h"

namespace modlab::reader {
namespace {

/// As many of a model's layers as a message can name.
constexpr size_t kMostNames = 20;

bool Matches(const std::string& pattern, const std::string& name) {
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

/// `conv1, layer1.0.conv1, fc`: each layer once, in the order of execution.
std::string LayerNames(const std::vector<WeightOperation>& operations) {
  std::vector<std::string> names;
  for (const WeightOperation& operation : operations) {
    if (std::find(names.begin(), names.end(), operation.layer) == names.end()) names.push_back(operation.layer);
  }
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMostNames); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNames) text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

}  // namespace

Selection::Selection(const UnitTracker& tracker, const ReaderOptions& options)
    : tracker_(tracker), layers_(options.layers) {
  const auto& operations = tracker.weight_operations();
  for (const std::string& pattern : layers_) {
    const bool known = std::any_of(operations.begin(), operations.end(),
                                   [&](const WeightOperation& operation) { return Matches(pattern, operation.layer); });
    if (!known) {
      throw Error(ErrorKind::kInvalidOption,
                  "no layer's name matches " + pattern + "; the model's layers are " + LayerNames(operations),
                  {{"layers", pattern}});
    }
  }
  const bool is_cnn = std::any_of(operations.begin(), operations.end(),
                                  [this](const WeightOperation& operation) { return IsConvolution(operation.range); });
  only_convolutions_ = is_cnn && options.cnn_layers != CnnLayers::kAll;
  const bool only_written = is_cnn && options.cnn_layers == CnnLayers::kConvolutionOutputs;
  has_unit_ = tracker.Results();
  for (char& unit : has_unit_) unit = options.output_units || unit == 0 ? 1 : 0;
  for (int range = 0; range < static_cast<int>(tracker.ranges().size()); ++range) {
    const UnitRange& units = tracker.ranges()[range];
    const bool given = tracker.IsGiven(units.first);
    if ((given && !options.input_units) || (only_written && !IsConvolution(range))) {
      std::fill_n(has_unit_.begin() + units.first, units.count, 0);
    }
  }
}

bool Selection::Has(const WeightOperation& operation) const {
  if (only_convolutions_ && !IsConvolution(operation.range)) return false;
  return layers_.empty() || std::any_of(layers_.begin(), layers_.end(),
                                        [&](const std::string& pattern) { return Matches(pattern, operation.layer); });
}

bool Selection::IsConvolution(int range) const { return tracker_.ranges()[range].operation.rfind("conv", 0) == 0; }

}  // namespace modlab::reader
