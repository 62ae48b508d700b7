#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// Executes the call, in which `weight` [out][in] is applied along `axis` of `input`. The result's units lie along the
/// same axis, unless the operation drops it (a matrix times a vector's transpose).
void FollowWeights(Call& call, const at::Tensor& input, int64_t axis, const at::Tensor& weight,
                   bool keeps_axis = true) {
  axis = FromFront(axis, input.dim());
  const std::string name = call.LayerName(weight, "linear");
  const int64_t features = weight.size(1);
  if (input.dim() == 0 || input.size(axis) != features) {
    const int64_t found = input.dim() == 0 ? 1 : input.size(axis);
    call.Mismatch("layer " + name + " expects " + std::to_string(features) + " features, but its input of shape " +
                      ShapeText(input.sizes()) + " has " + std::to_string(found),
                  found < features ? ShapeMismatch::Extent::kTooSmall : ShapeMismatch::Extent::kTooLarge,
                  ShapeMismatch::AxisSize{axis - input.dim(), features, 0});
  }
  WeightOperation operation = ReadByWeights(call, input, axis, weight, 1, name);
  call.Execute();
  const std::optional<int64_t> output_axis =
      keeps_axis ? std::optional(axis - input.dim() + call.result().dim()) : std::nullopt;
  call.tracker().AddWeightOperation(std::move(operation), {name, "linear", 0, static_cast<int>(weight.size(0))},
                                    call.result(), output_axis);
}

void RefuseProduct(const Call& call) {
  call.Unsupported("multiplies two tensors that both carry units; the graph reader cannot follow that yet");
}

}  // namespace

void FollowLinear(Call& call) {
  const at::Tensor weight = call.tensor("weight");
  if (call.CarriesUnits("weight") || call.CarriesUnits("bias")) RefuseProduct(call);
  const bool vector = weight.dim() == 1;
  FollowWeights(call, call.tensor("input"), -1, vector ? weight.unsqueeze(0) : weight, !vector);
}

void FollowAddMatMul(Call& call) {
  if (call.CarriesUnits("self")) {
    call.Unsupported("adds a product to a tensor that carries units; the graph reader cannot follow branches yet");
  }
  const bool first = call.CarriesUnits("mat1");
  if (first && call.CarriesUnits("mat2")) RefuseProduct(call);
  const at::Tensor matrix = first ? call.tensor("mat2").t() : call.tensor("mat1");
  const double alpha = call.argument("alpha").toScalar().toDouble();
  FollowWeights(call, call.tensor(first ? "mat1" : "mat2"), first ? -1 : 0, alpha == 1 ? matrix : matrix * alpha);
}

void FollowMatMul(Call& call) {
  const at::Tensor self = call.tensor("self");
  const at::Tensor other = call.tensor(call.HasArgument("mat2") ? "mat2" : "other");
  const bool first = call.tracker().Find(self) != nullptr;
  if (first && call.tracker().Find(other) != nullptr) RefuseProduct(call);
  const at::Tensor matrix = first ? other : self;
  if (matrix.dim() != 1 && matrix.dim() != 2) {
    call.Unsupported("multiplies by a stack of matrices, which the graph reader cannot follow");
  }
  if (matrix.dim() == 1) {
    const at::Tensor& input = first ? self : other;
    FollowWeights(call, input, first || input.dim() == 1 ? -1 : -2, matrix.unsqueeze(0), false);
  } else if (first) {
    FollowWeights(call, self, -1, matrix.t());
  } else {
    FollowWeights(call, other, other.dim() == 1 ? -1 : -2, matrix);
  }
}

}  // namespace modlab::reader
