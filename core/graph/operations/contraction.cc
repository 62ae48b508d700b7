#include <algorithm>
#include <cctype>
#include <numeric>

#include "core/graph/operations/operations.h"
#include "core/graph/sparse_weights.h"

namespace modlab::reader {
namespace {

/// Numbers of axes, as letters in einsum: axes of the same number are multiplied element by element, and summed over
/// where the result does not have them.
using Axes = std::vector<int>;

int64_t Find(const Axes& axes, int axis) {
  const auto found = std::find(axes.begin(), axes.end(), axis);
  return found == axes.end() ? -1 : found - axes.begin();
}
bool Has(const Axes& axes, int axis) { return Find(axes, axis) >= 0; }

/// A tensor of a product, the numbers of its axes, and its units if it carries any.
struct Operand {
  at::Tensor tensor;
  Axes axes;
  std::optional<TensorUnits> units;

  bool HasAxis(int axis) const { return Has(axes, axis); }
  int64_t size(int axis) const { return tensor.size(Find(axes, axis)); }
  bool VariesAlong(int axis) const {
    const int64_t position = Find(axes, axis);
    return position >= 0 && Varies(units->labels, position);
  }
  bool VariesAlongAny(const Axes& some) const {
    return std::any_of(some.begin(), some.end(), [&](int axis) { return VariesAlong(axis); });
  }
  bool HasSeveralAlongAny(const Axes& some) const {
    return std::any_of(some.begin(), some.end(), [&](int axis) {
      const int64_t position = Find(axes, axis);
      return position >= 0 && HasSeveralAlong(units->labels, position);
    });
  }
};

Operand MakeOperand(Call& call, const at::Tensor& tensor, Axes axes) {
  Operand operand{tensor, std::move(axes), std::nullopt};
  if (call.tracker().Find(tensor) == nullptr) return operand;
  operand.units = call.Read(tensor);
  operand.units->labels = call.tracker().Resolved(operand.units->labels);
  return operand;
}

/// The operand without axes of size 1 that the other one and the result have, too, but larger: these are broadcast.
Operand WithoutBroadcast(Operand operand, const Operand& other, const Axes& result_axes) {
  for (int64_t axis = operand.tensor.dim() - 1; axis >= 0; --axis) {
    if (operand.tensor.size(axis) != 1 || !other.HasAxis(operand.axes[axis])) continue;
    if (!Has(result_axes, operand.axes[axis])) continue;
    if (other.size(operand.axes[axis]) == 1) continue;
    const auto squeeze = [&](const at::Tensor& part) { return part.squeeze(axis); };
    operand.tensor = squeeze(operand.tensor);
    if (operand.units) operand.units = operand.units->Moved(squeeze);
    operand.axes.erase(operand.axes.begin() + axis);
  }
  return operand;
}

/// The operand with the unit in place of the constants along these axes, such as a class token among tokens, where
/// there is only one unit along them.
Operand WithoutConstants(Call& call, Operand operand, const Axes& axes) {
  for (const int axis : axes) {
    const int64_t position = Find(operand.axes, axis);
    at::Tensor& labels = operand.units->labels;
    if (position < 0 || HasSeveralAlong(labels, position)) continue;
    labels = call.tracker().WithoutAxis(labels, position)->expand(labels.sizes());
  }
  return operand;
}

/// The part of `axes` that `is_wanted` holds for, in order.
template <typename Predicate>
Axes Select(const Axes& axes, const Predicate& is_wanted) {
  Axes selected;
  std::copy_if(axes.begin(), axes.end(), std::back_inserter(selected), is_wanted);
  return selected;
}

/// `part`, a tensor with `axes`, with the axes of `order` last, in this order, and joined to one.
at::Tensor JoinAxes(const at::Tensor& part, const Axes& axes, const Axes& order) {
  std::vector<int64_t> positions;
  for (int64_t axis = 0; axis < part.dim(); ++axis) {
    if (!Has(order, axes[axis])) positions.push_back(axis);
  }
  std::vector<int64_t> shape;
  shape.reserve(positions.size() + 1);
  for (const int64_t position : positions) shape.push_back(part.size(position));
  int64_t joined = 1;
  for (const int axis : order) {
    positions.push_back(Find(axes, axis));
    joined *= part.size(positions.back());
  }
  shape.push_back(joined);
  return part.permute(positions).reshape(shape);
}

/// `part`, a tensor with `axes`, as one of the result's shape: repeated along axes that it has not.
at::Tensor AsResult(const at::Tensor& part, const Axes& axes, const Axes& result_axes, at::IntArrayRef shape) {
  std::vector<int64_t> order;
  std::vector<int64_t> sizes;
  for (const int axis : result_axes) {
    const int64_t position = Find(axes, axis);
    if (position >= 0) order.push_back(position);
    sizes.push_back(position < 0 ? 1 : part.size(position));
  }
  return part.permute(order).reshape(sizes).expand(shape);
}

/// A constant with its axes in this order, joined to `shape`.
at::Tensor Arranged(const Call& call, const Operand& constant, const Axes& order, const std::vector<int64_t>& shape) {
  if (IsSparse(constant.tensor)) {  // a matrix [written][summed], or the other way round
    return call.Rows(constant.tensor, Find(constant.axes, order.front()) != 0);
  }
  at::Tensor weight = constant.tensor;
  Axes axes = constant.axes;
  for (size_t axis = axes.size(); axis-- > 0;) {  // einsum sums over axes that nothing else has
    if (Has(order, axes[axis])) continue;
    weight = weight.sum(static_cast<int64_t>(axis));
    axes.erase(axes.begin() + static_cast<int64_t>(axis));
  }
  std::vector<int64_t> permutation;
  for (const int axis : order) permutation.push_back(Find(axes, axis));
  return weight.permute(permutation).reshape(shape);
}

/// One of a product's operands depends on the input: weights, where they are summed over an axis of units.
void FollowWeights(Call& call, const Operand& input, const Operand& constant, const Axes& result_axes) {
  const auto in_result = [&](int axis) { return Has(result_axes, axis); };
  const Axes shared = Select(constant.axes, [&](int axis) { return input.HasAxis(axis) && in_result(axis); });
  const Axes summed = Select(constant.axes, [&](int axis) { return input.HasAxis(axis) && !in_result(axis); });
  const Axes written = Select(constant.axes, [&](int axis) { return !input.HasAxis(axis) && in_result(axis); });
  const std::string name = call.LayerName(constant.tensor, "linear");
  for (const int axis : summed) {
    const int64_t needed = constant.size(axis);
    const int64_t found = input.size(axis);
    if (needed == found) continue;
    call.Mismatch("layer " + name + " expects " + std::to_string(needed) + " features, but its input of shape " +
                      ShapeText(input.tensor.sizes()) + " has " + std::to_string(found),
                  found < needed ? ShapeMismatch::Extent::kTooSmall : ShapeMismatch::Extent::kTooLarge,
                  ShapeMismatch::AxisSize{Find(input.axes, axis) - input.tensor.dim(), needed, 0});
  }
  call.Execute();
  const at::Tensor& result = call.result();

  const Axes others = Select(input.axes, [&](int axis) { return !Has(summed, axis); });
  const bool is_along_positions =
      !input.units->origin->is_input && !input.HasSeveralAlongAny(summed) && input.HasSeveralAlongAny(others);
  if (summed.empty() || is_along_positions) {
    // Positions are mixed, or scaled: the units stay what they are.
    if (!summed.empty()) call.tracker().Warn("layer " + name + " mixes positions, not units: it has no edges");
    const Axes lost = Select(input.axes, [&](int axis) { return !in_result(axis); });
    TensorUnits units = *input.units;
    for (const int axis : lost) {
      const int64_t position = Find(input.axes, axis);
      const auto labels = call.tracker().WithoutAxis(units.labels, position);
      if (!labels)
        call.Unsupported("sums over an axis of units, of its input of shape " + ShapeText(input.tensor.sizes()));
      units.labels = *labels;
      for (PendingScale& scale : units.scales) scale.values = scale.values.narrow(position, 0, 1);
    }
    if (!summed.empty()) units.scales.clear();
    call.SetUnits(units.Moved([&](const at::Tensor& part) {
      at::Tensor kept = part;
      Axes axes = input.axes;
      for (const int axis : lost) {
        kept = kept.squeeze(Find(axes, axis));
        axes.erase(axes.begin() + Find(axes, axis));
      }
      return AsResult(kept, axes, result_axes, result.sizes());
    }));
    return;
  }

  // Weights that differ between positions are one kernel; those that differ between units are a grouped layer's.
  const Axes grouped = Select(shared, [&](int axis) { return input.VariesAlong(axis); });
  const Axes kernel = Select(shared, [&](int axis) { return !input.VariesAlong(axis); });
  Axes order = grouped;
  order.insert(order.end(), written.begin(), written.end());
  order.insert(order.end(), summed.begin(), summed.end());
  order.insert(order.end(), kernel.begin(), kernel.end());
  const auto product = [&](const Axes& axes) {
    return std::accumulate(axes.begin(), axes.end(), int64_t{1},
                           [&](int64_t size, int axis) { return size * constant.size(axis); });
  };
  std::vector<int64_t> shape = {product(grouped) * product(written), product(summed)};
  if (!kernel.empty()) shape.push_back(product(kernel));
  const at::Tensor weight = Arranged(call, constant, order, shape);

  Axes positions = grouped;
  positions.insert(positions.end(), summed.begin(), summed.end());
  const TensorUnits sources =
      input.units->Moved([&](const at::Tensor& part) { return JoinAxes(part, input.axes, positions); });
  const int range =
      AddLayer(call, {name, "linear", weight, static_cast<int>(product(grouped))}, sources, sources.labels.dim() - 1);

  Axes unit_axes = grouped;
  unit_axes.insert(unit_axes.end(), written.begin(), written.end());
  std::vector<int64_t> unit_shape;
  for (const int axis : unit_axes) unit_shape.push_back(constant.size(axis));
  TensorUnits units = WrittenUnits(call, range, {shape[0]}, 0).Moved([&](const at::Tensor& labels) {
    return AsResult(labels.view(unit_shape), unit_axes, result_axes, result.sizes());
  });
  call.SetUnits(std::move(units));
}

/// The operand's labels, of the first element along every axis that is not in `kept`, with the axes in this order.
at::Tensor LabelsAlong(const Operand& operand, const Axes& kept) {
  at::Tensor labels = operand.units->labels;
  Axes axes = operand.axes;
  for (size_t axis = axes.size(); axis-- > 0;) {
    if (Has(kept, axes[axis])) continue;
    labels = labels.select(static_cast<int64_t>(axis), 0);
    axes.erase(axes.begin() + static_cast<int64_t>(axis));
  }
  std::vector<int64_t> order;
  for (const int axis : kept) order.push_back(Find(axes, axis));
  return labels.permute(order);
}

/// The shapes of a product's operands, for messages.
std::string ShapesText(const Operand& left, const Operand& right) {
  return ShapeText(left.tensor.sizes()) + " and " + ShapeText(right.tensor.sizes());
}

/// Queries and keys: unit i of one meets unit i of the other, and nothing else. What comes out are weights.
void FollowComparison(Call& call, Operand left, Operand right) {
  call.NotHomogeneousIn(left.tensor);
  call.NotHomogeneousIn(right.tensor);
  const Axes shared = Select(left.axes, [&](int axis) { return right.HasAxis(axis); });
  for (Operand* operand : {&left, &right}) {
    for (size_t axis = 0; axis < operand->axes.size(); ++axis) {
      if (Has(shared, operand->axes[axis])) continue;
      const auto labels = call.tracker().WithoutAxis(operand->units->labels, static_cast<int64_t>(axis));
      if (!labels) {
        call.Unsupported("multiplies tensors of shapes " + ShapesText(left, right) +
                         ", one of which carries units along several axes; the graph reader cannot follow that");
      }
      operand->units->labels = labels->expand(operand->tensor.sizes());
    }
  }
  const auto compared = [&](const Operand& operand) {
    return TensorUnits{LabelsAlong(operand, shared), {}, operand.units->origin};
  };
  const TensorUnits query = compared(left);
  Join(call, query, compared(right), query.labels.sizes(), JoinKind::kProduct);
  const int weights = call.tracker().AddStatistic({call.Source(), {}});
  call.SetUnits(Call::Everywhere(weights, call.result()));
}

/// Whether two tensors of units have positions of their own, each one of which meets each one of the other's, and are
/// summed over axes of one element: queries and keys of heads with a single unit.
bool ComparesSingleUnits(const Operand& left, const Operand& right, const Axes& summed) {
  const auto carries_units = [](const Operand& operand) { return at::any(operand.units->labels.ge(0)).item<bool>(); };
  const auto has_own = [](const Operand& operand, const Operand& other) {
    return std::any_of(operand.axes.begin(), operand.axes.end(), [&](int axis) { return !other.HasAxis(axis); });
  };
  return !summed.empty() && std::all_of(summed.begin(), summed.end(), [&](int axis) { return left.size(axis) == 1; }) &&
         has_own(left, right) && has_own(right, left) && carries_units(left) && carries_units(right);
}

/// Both operands depend on the input: the query and the key of an attention, its weights and the values, or a gate.
void FollowActivations(Call& call, Operand left, Operand right, const Axes& result_axes) {
  call.Execute();
  const Axes summed = Select(left.axes, [&](int axis) { return right.HasAxis(axis) && !Has(result_axes, axis); });
  for (const Operand* operand : {&left, &right}) {
    const Axes lost = Select(operand->axes, [&](int axis) { return !Has(summed, axis) && !Has(result_axes, axis); });
    if (!lost.empty()) call.Unsupported("sums over an axis of one tensor only, which the graph reader cannot follow");
  }
  if (left.VariesAlongAny(summed) != right.VariesAlongAny(summed)) {
    left = WithoutConstants(call, std::move(left), summed);
    right = WithoutConstants(call, std::move(right), summed);
  }
  const bool left_varies = left.VariesAlongAny(summed);
  if (left_varies != right.VariesAlongAny(summed)) {
    call.Unsupported("sums over an axis along which only one of its tensors, of shapes " + ShapesText(left, right) +
                     ", carries units; that mixes units in a way that the graph has no edges for");
  }
  if (left_varies) return FollowComparison(call, left, right);

  const auto varies_alone = [](const Operand& operand, const Operand& other) {
    return operand.VariesAlongAny(Select(operand.axes, [&](int axis) { return !other.HasAxis(axis); }));
  };
  if (varies_alone(left, right) && varies_alone(right, left)) {
    call.Unsupported("multiplies each unit of one tensor with each of another, of shapes " + ShapesText(left, right) +
                     "; that mixes units in a way that the graph has no edges for");
  }
  if (ComparesSingleUnits(left, right, summed)) return FollowComparison(call, left, right);
  const auto spread = [&](const Operand& operand) {
    const Axes own = Select(result_axes, [&](int axis) { return operand.HasAxis(axis); });
    std::vector<int64_t> shape;
    for (const int axis : result_axes) shape.push_back(operand.HasAxis(axis) ? operand.size(axis) : 1);
    return TensorUnits{LabelsAlong(operand, own).reshape(shape), {}, operand.units->origin};
  };
  call.SetUnits(Join(call, spread(left), spread(right), call.result().sizes(), JoinKind::kProduct));
}

/// Executes the call, a product of two tensors summed over the axes that the result has not.
void FollowProductOf(Call& call, const Operand& first, const Operand& second, const Axes& result_axes) {
  const Operand left = WithoutBroadcast(first, second, result_axes);
  const Operand right = WithoutBroadcast(second, first, result_axes);
  if (left.units && right.units) return FollowActivations(call, left, right, result_axes);
  FollowWeights(call, left.units ? left : right, left.units ? right : left, result_axes);
}

/// Axes of the factors of a matrix product: [..., n, k] and [..., k, m], of which n or m may be missing; or the second
/// is [m, k].
void FollowMatrixProduct(Call& call, const at::Tensor& first, const at::Tensor& second, bool is_transposed = false) {
  constexpr int row = -1;
  constexpr int summed = -2;
  constexpr int column = -3;
  const auto batch_axes = [](const at::Tensor& tensor) {
    Axes axes;  // numbered from the last: 0 is the last one before the matrix
    for (int64_t axis = tensor.dim() - 3; axis >= 0; --axis) axes.push_back(static_cast<int>(axis));
    return axes;
  };
  Axes left = batch_axes(first);
  Axes right = batch_axes(second);
  Axes result = left.size() > right.size() ? left : right;
  if (first.dim() > 1) left.push_back(row), result.push_back(row);
  left.push_back(summed);
  right.push_back(summed);
  if (second.dim() > 1) right.push_back(column), result.push_back(column);
  if (is_transposed) std::reverse(right.begin(), right.end());
  FollowProductOf(call, MakeOperand(call, first, left), MakeOperand(call, second, right), result);
}

}  // namespace

void FollowLinear(Call& call) {
  RefuseUnitsIn(call, {"bias"});
  const at::Tensor weight = call.tensor("weight");
  FollowMatrixProduct(call, call.tensor("input"), weight, true);
}

void FollowMatMul(Call& call) {
  const char* second = call.HasArgument("mat2") ? "mat2" : "other";
  if (call.HasArgument("vec")) second = "vec";
  if (call.HasArgument("tensor")) second = "tensor";
  if (call.HasArgument("dense")) second = "dense";
  FollowMatrixProduct(call, call.tensor(call.HasArgument("sparse") ? "sparse" : "self"), call.tensor(second));
}

void FollowAddMatMul(Call& call) {
  const bool batched = call.HasArgument("batch1");
  const bool vector = call.HasArgument("vec");
  at::Tensor first = call.tensor(batched ? "batch1" : vector ? "mat" : "mat1");
  at::Tensor second = call.tensor(batched ? "batch2" : vector ? "vec" : "mat2");
  const double alpha = call.argument("alpha").toScalar().toDouble();
  if (alpha != 1) {
    at::Tensor& constant = call.tracker().Find(first) == nullptr ? first : second;
    if (call.tracker().Find(constant) == nullptr) constant = constant * alpha;
  }
  const at::Tensor added = call.tensor("self");
  const bool carries = call.tracker().Find(first) != nullptr || call.tracker().Find(second) != nullptr;
  if (!carries) {
    call.Execute();
    call.SetUnits(call.Read(added).Moved([&](const at::Tensor& part) { return part.expand(call.result().sizes()); }));
    return;
  }
  FollowMatrixProduct(call, first, second);
  if (call.tracker().Find(added) == nullptr) return;
  const TensorUnits product = call.Read(call.result());
  call.SetUnits(Join(call, product, call.Read(added), call.result().sizes(), JoinKind::kSum));
}

void FollowEinsum(Call& call) {
  std::string equation = call.argument("equation").toStringRef();
  equation.erase(
      std::remove_if(equation.begin(), equation.end(), [](unsigned char letter) { return std::isspace(letter); }),
      equation.end());
  const std::vector<at::Tensor> tensors = call.argument("tensors").toTensorVector();
  const size_t arrow = equation.find("->");
  const std::string inputs = equation.substr(0, arrow);
  const size_t comma = inputs.find(',');
  const bool two = tensors.size() == 2 && comma != std::string::npos;
  if (tensors.size() > 2 || (tensors.size() == 2) != two) {
    call.Unsupported("multiplies " + std::to_string(tensors.size()) +
                     " tensors at once, and the graph reader can follow two; write the product in steps");
  }
  // An ellipsis stands for the axes that are left, the same ones from the last in every tensor.
  const auto axes_of = [&](const std::string& letters, int64_t axes) {
    Axes numbers;
    const size_t dots = letters.find("...");
    const auto named = static_cast<int64_t>(letters.size() - (dots == std::string::npos ? 0 : 3));
    for (size_t i = 0; i < letters.size(); ++i) {
      if (letters[i] != '.') {
        numbers.push_back(letters[i]);
        continue;
      }
      for (int64_t axis = axes - named; axis > 0; --axis) numbers.push_back(-static_cast<int>(axis));
      i += 2;
    }
    return numbers;
  };
  std::vector<Operand> operands;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::string letters = two ? (i == 0 ? inputs.substr(0, comma) : inputs.substr(comma + 1)) : inputs;
    Axes axes = axes_of(letters, tensors[i].dim());
    const std::set<int> distinct(axes.begin(), axes.end());
    if (static_cast<int64_t>(axes.size()) != tensors[i].dim() || distinct.size() != axes.size()) {
      call.Unsupported("takes a diagonal of a tensor, which the graph reader cannot follow");
    }
    operands.push_back(MakeOperand(call, tensors[i], std::move(axes)));
  }
  Axes result;
  if (arrow != std::string::npos) {
    int64_t ellipsis = 0;
    for (const Operand& operand : operands) {
      ellipsis = std::max<int64_t>(
          ellipsis, std::count_if(operand.axes.begin(), operand.axes.end(), [](int axis) { return axis < 0; }));
    }
    const std::string letters = equation.substr(arrow + 2);
    const bool dots = letters.find("...") != std::string::npos;
    result = axes_of(letters, static_cast<int64_t>(letters.size()) - (dots ? 3 : 0) + ellipsis);
  } else {
    std::map<int, int> uses;  // axes that occur once, in order
    for (const Operand& operand : operands) {
      for (const int axis : operand.axes) ++uses[axis];
    }
    for (const auto& [axis, count] : uses) {
      if (count == 1 || axis < 0) result.push_back(axis);
    }
  }
  if (operands.size() == 1) operands.push_back(MakeOperand(call, at::ones({}, tensors[0].options()), {}));
  FollowProductOf(call, operands[0], operands[1], result);
}

}  // namespace modlab::reader
