#include "core/train/clusterable_initialization.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace modlab {

std::vector<int> ConsecutiveParts(int units, int clusters) {
  std::vector<int> parts(units, -1);
  if (units < clusters) return parts;
  for (int unit = 0; unit < units; ++unit) parts[unit] = static_cast<int>(int64_t{unit} * clusters / units);
  return parts;
}

void MakeClusterable(const ClusterableInitializationOptions& options, int outputs, int inputs, int64_t kernel_size,
                     float* weights) {
  if (options.clusters < 2) {
    throw Error(ErrorKind::kInvalidOption, "a clusterable initialisation needs at least 2 clusters; it has " +
                                               std::to_string(options.clusters) + ".");
  }
  const double outside = options.outside;
  if (!(outside >= 0 && outside <= 1)) {
    throw Error(ErrorKind::kInvalidOption,
                "the factor of weights between clusters must be 0 to 1; it is " + std::to_string(outside) + ".");
  }
  if (outputs < options.clusters || inputs < options.clusters) return;

  const std::vector<int> output_parts = ConsecutiveParts(outputs, options.clusters);
  const std::vector<int> input_parts = ConsecutiveParts(inputs, options.clusters);
  std::vector<int> inputs_of_part(options.clusters, 0);
  for (const int part : input_parts) ++inputs_of_part[part];
  for (int output = 0; output < outputs; ++output) {
    const double inside_inputs = inputs_of_part[output_parts[output]];
    const double outside_inputs = inputs - inside_inputs;
    const double inside = std::sqrt(1 + outside_inputs / inside_inputs * (1 - outside * outside));
    float* const row = weights + int64_t{output} * inputs * kernel_size;
    for (int input = 0; input < inputs; ++input) {
      const double factor = input_parts[input] == output_parts[output] ? inside : outside;
      std::for_each(row + input * kernel_size, row + (input + 1) * kernel_size,
                    [&](float& weight) { weight = static_cast<float>(weight * factor); });
    }
  }
}

}  // namespace modlab
