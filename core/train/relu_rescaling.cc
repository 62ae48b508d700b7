#include "core/train/relu_rescaling.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace modlab {
namespace {

double Square(float value) { return static_cast<double>(value) * static_cast<double>(value); }

void Multiply(float& value, double factor) { value = static_cast<float>(value * factor); }

}  // namespace

void BalanceUnits(const HiddenUnits& hidden) {
  std::vector<double> incoming(hidden.units, 0.0);
  std::vector<double> outgoing(hidden.units, 0.0);
  for (int unit = 0; unit < hidden.units; ++unit) {
    const float* const row = hidden.incoming + int64_t{unit} * hidden.inputs;
    for (int input = 0; input < hidden.inputs; ++input) incoming[unit] += Square(row[input]);
  }
  for (int output = 0; output < hidden.outputs; ++output) {
    const float* const row = hidden.outgoing + int64_t{output} * hidden.units;
    for (int unit = 0; unit < hidden.units; ++unit) outgoing[unit] += Square(row[unit]);
  }

  std::vector<double> factors(hidden.units, 1.0);
  for (int unit = 0; unit < hidden.units; ++unit) {
    if (incoming[unit] > 0 && outgoing[unit] > 0) factors[unit] = std::pow(incoming[unit] / outgoing[unit], 0.25);
  }
  for (int unit = 0; unit < hidden.units; ++unit) {
    float* const row = hidden.incoming + int64_t{unit} * hidden.inputs;
    for (int input = 0; input < hidden.inputs; ++input) Multiply(row[input], 1 / factors[unit]);
    if (hidden.bias != nullptr) Multiply(hidden.bias[unit], 1 / factors[unit]);
  }
  for (int output = 0; output < hidden.outputs; ++output) {
    float* const row = hidden.outgoing + int64_t{output} * hidden.units;
    for (int unit = 0; unit < hidden.units; ++unit) Multiply(row[unit], factors[unit]);
  }
}

}  // namespace modlab
