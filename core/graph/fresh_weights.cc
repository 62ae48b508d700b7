#include "core/graph/fresh_weights.h"

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

bool IsRecurrent(const std::string& operation) {
  return operation == "lstm" || operation == "gru" || operation == "rnn";
}

/// Box and Muller's.
double StandardNormal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.Uniform())) * std::cos(2 * std::acos(-1.0) * random.Uniform());
}

/// How many elements of memory the tensor spans.
int64_t MemoryLength(const at::Tensor& tensor) {
  int64_t extent = 1;
  for (int64_t axis = 0; axis < tensor.dim(); ++axis) extent += (tensor.size(axis) - 1) * tensor.stride(axis);
  return extent;
}

/// Elements for the memory of a weight; of a sparse one, for the entries that it has.
at::Tensor Draw(const at::Tensor& weight, const std::string& operation, Random& random) {
  const int64_t fan_in = IsRecurrent(operation) ? weight.size(0) : weight.numel() / weight.size(0);
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  const at::Tensor drawn = at::empty({MemoryLength(Elements(weight))}, at::kDouble);
  double* const elements = drawn.data_ptr<double>();
  for (int64_t i = 0; i < drawn.numel(); ++i) {
    elements[i] = operation == "embedding" ? StandardNormal(random) : bound * (2 * random.Uniform() - 1);
  }
  return drawn.to(weight.scalar_type());
}

}  // namespace

void DrawFreshWeights(UnitTracker& tracker, Random& random) {
  std::map<std::pair<const void*, int64_t>, at::Tensor> drawn;  // by memory
  tracker.ReplaceWeights([&](const WeightOperation& operation) {
    const at::Tensor& weight = operation.weight;
    const at::Tensor elements = Elements(weight);
    at::Tensor& memory = drawn[{elements.data_ptr(), MemoryLength(elements)}];
    if (!memory.defined()) memory = Draw(weight, tracker.ranges()[operation.range].operation, random);
    if (IsSparse(weight)) return WithElements(weight, memory);
    return memory.as_strided(weight.sizes(), weight.strides());
  });
}

}  // namespace modlab::reader
