#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// `lstm`, `gru`, `rnn` of `aten::lstm_cell`, ...
std::string Kind(const Call& call) {
  std::string name = call.name().substr(call.name().rfind(':') + 1);
  return name.substr(0, name.find('_'));
}

int64_t Gates(const std::string& kind) { return kind == "lstm" ? 4 : kind == "gru" ? 3 : 1; }

[[noreturn]] void Fail(const Call& call, const std::string& what) {
  throw ForwardFailure(what, call.name(), call.location());
}

/// LibTorch takes these shapes on trust, and crashes.
void CheckShapes(const Call& call, const at::Tensor& input_weight, const at::Tensor& own_weight) {
  const int64_t gates = Gates(Kind(call));
  if (input_weight.dim() == 2 && own_weight.dim() == 2 && input_weight.size(0) % gates == 0 &&
      input_weight.size(0) == own_weight.size(0)) {
    return;
  }
  Fail(call, "weights of the shapes " + ShapeText(input_weight.sizes()) + " and " + ShapeText(own_weight.sizes()) +
                 " are not those of a layer with " + std::to_string(gates) + " gates");
}

/// [gates * out][in] as [out][in][gates]: the gates of a unit are one kernel.
at::Tensor ByUnit(const at::Tensor& weight, int64_t gates) {
  if (gates == 1) return weight;
  return weight.view({gates, weight.size(0) / gates, weight.size(1)}).permute({1, 2, 0});
}

/// `lstm.weight_ih_l0` without what every such name has: `lstm`, and `l0` where there are several layers.
std::string UnitsName(Call& call, const at::Tensor& weight, const std::string& kind, const std::string& suffix) {
  std::string name = call.LayerName(weight, kind);
  for (const std::string part : {".weight_ih", ".weight_hh"}) {
    const size_t found = name.rfind(part);
    if (found != std::string::npos) name.resize(found);
  }
  return name + suffix;
}

/// Joins the units of a state that is given at the start with those of the layer that goes on from it.
void JoinState(Call& call, const at::Tensor& state, int range) {
  if (!state.defined() || call.tracker().Find(state) == nullptr) return;
  TensorUnits units = call.Read(state);
  RefuseStatistics(call, units.labels);
  units.scales.clear();
  Join(call, units, WrittenUnits(call, range, state.sizes(), state.dim() - 1), state.sizes(), JoinKind::kSum);
}

/// W_ih of one layer in one direction, read along the input's last axis; returns its units' range.
int AddInputWeights(Call& call, const std::string& kind, const std::string& suffix, const TensorUnits& input,
                    const at::Tensor& weight) {
  const std::string name = UnitsName(call, weight, kind, suffix);
  return AddLayer(call, {name, kind, ByUnit(weight, Gates(kind)), 1}, input, input.labels.dim() - 1);
}

/// W_hh, which reads the layer's own units, or what they are projected to.
void AddOwnWeights(Call& call, const std::string& kind, int range, int read_range, const at::Tensor& weight) {
  const std::string name = call.tracker().ranges()[range].name;
  const TensorUnits state{call.tracker().RangeLabels(read_range), {}, TensorUnits::NewOrigin(false)};
  if (call.name().find("relu") == std::string::npos) {
    call.tracker().AddInhomogeneous(call.Source(), call.tracker().ranges()[range].first);
  }
  AddWeights(call, {name, kind, ByUnit(weight, Gates(kind)), 1}, range, state, 0);
}

struct Layout {
  std::string kind;
  bool has_biases = true;
  int64_t layers = 1;
  bool bidirectional = false;
  int64_t directions() const { return bidirectional ? 2 : 1; }
};

}  // namespace

void FollowRecurrent(Call& call) {
  const bool packed = call.HasArgument("data");
  const at::Tensor input = call.tensor(packed ? "data" : "input");
  const Layout layout{Kind(call), call.argument("has_biases").toBool(), call.argument("num_layers").toInt(),
                      call.argument("bidirectional").toBool()};
  RefuseUnitsIn(call, {"params"});
  const std::vector<at::Tensor> weights = call.argument("params").toTensorVector();
  const int64_t plain = layout.has_biases ? 4 : 2;
  const int64_t stacked = layout.layers * layout.directions();
  const int64_t tensors = layout.layers > 0 ? static_cast<int64_t>(weights.size()) / stacked : 0;
  if (tensors < plain) Fail(call, std::to_string(weights.size()) + " parameters are not enough for its layers");
  for (int64_t first = 0; first < stacked * tensors; first += tensors) {
    CheckShapes(call, weights[first], weights[first + 1]);
  }
  if (call.tracker().Find(input) == nullptr) {
    call.Unsupported(
        "starts from a state that depends on the input, and reads a constant; the graph reader cannot "
        "follow that");
  }
  const int64_t features = weights.at(0).size(1);
  if (input.dim() < 2 || input.size(-1) != features) {
    call.Mismatch("layer " + UnitsName(call, weights[0], layout.kind, "") + " expects " + std::to_string(features) +
                      " features, but its input of shape " + ShapeText(input.sizes()) + " has another number",
                  ShapeMismatch::Extent::kUnknown, ShapeMismatch::AxisSize{-1, features, packed ? 0 : 3});
  }
  call.Execute();

  const bool projects = tensors == plain + 1;
  std::vector<at::Tensor> states;
  const char* state_name = "hx";
  if (call.argument(state_name).isTensorList()) states = call.argument(state_name).toTensorVector();
  if (call.argument(state_name).isTensor()) states = {call.tensor(state_name)};

  TensorUnits below = call.Read(input);
  std::vector<int> hidden_ranges;
  std::vector<int> cell_ranges;
  for (int64_t layer = 0; layer < layout.layers; ++layer) {
    std::vector<at::Tensor> outputs;
    for (int64_t direction = 0; direction < layout.directions(); ++direction) {
      const auto first = weights.begin() + (layer * layout.directions() + direction) * tensors;
      std::string suffix = layout.layers > 1 ? ".l" + std::to_string(layer) : "";
      if (direction == 1) suffix += layout.layers > 1 ? "_reverse" : ".reverse";
      const int cells = AddInputWeights(call, layout.kind, suffix, below, first[0]);
      int hidden = cells;
      if (projects) {
        const TensorUnits read{call.tracker().RangeLabels(cells), {}, TensorUnits::NewOrigin(false)};
        hidden =
            AddLayer(call, {call.tracker().ranges()[cells].name + ".projection", "linear", first[plain], 1}, read, 0);
      }
      AddOwnWeights(call, layout.kind, cells, hidden, first[1]);
      hidden_ranges.push_back(hidden);
      cell_ranges.push_back(cells);
      outputs.push_back(call.tracker().RangeLabels(hidden));
      for (size_t state = 0; state < states.size(); ++state) {
        if (call.tracker().Find(states[state]) == nullptr) continue;
        const at::Tensor own = states[state].select(0, static_cast<int64_t>(hidden_ranges.size()) - 1);
        call.tracker().Set(own, call.View(states[state]).Moved([&](const at::Tensor& part) {
          return part.select(0, static_cast<int64_t>(hidden_ranges.size()) - 1);
        }));
        JoinState(call, own, state == 0 ? hidden : cells);
      }
    }
    below = {at::cat(outputs), {}, TensorUnits::NewOrigin(false)};
  }

  const at::Tensor& output = call.result();
  call.SetUnits(output, {below.labels.expand(output.sizes()), {}, TensorUnits::NewOrigin(false)});
  for (size_t i = 1; i < call.results().size(); ++i) {
    if (!call.results()[i].isTensor()) continue;
    std::vector<at::Tensor> labels;
    for (const int range : i == 1 ? hidden_ranges : cell_ranges) labels.push_back(call.tracker().RangeLabels(range));
    const at::Tensor& state = call.results()[i].toTensor();
    at::Tensor by_layer = at::stack(labels);
    if (state.dim() == 3) by_layer = by_layer.unsqueeze(1);
    call.SetUnits(state, {by_layer.expand(state.sizes()), {}, TensorUnits::NewOrigin(false)});
  }
}

void FollowCell(Call& call) {
  const std::string kind = Kind(call);
  RefuseUnitsIn(call, {"w_ih", "w_hh", "b_ih", "b_hh"});
  const at::Tensor input = call.tensor("input");
  const at::Tensor weight = call.tensor("w_ih");
  std::vector<at::Tensor> states;
  if (call.argument("hx").isTensorList()) states = call.argument("hx").toTensorVector();
  if (call.argument("hx").isTensor()) states = {call.tensor("hx")};
  CheckShapes(call, weight, call.tensor("w_hh"));
  std::vector<at::Tensor> matrices = states;
  matrices.push_back(input);
  for (const at::Tensor& tensor : matrices) {
    if (tensor.dim() != 2) Fail(call, "a cell reads matrices, not a tensor of the shape " + ShapeText(tensor.sizes()));
  }
  if (input.dim() > 0 && input.size(-1) != weight.size(1)) {
    call.Mismatch("layer " + UnitsName(call, weight, kind, "") + " expects " + std::to_string(weight.size(1)) +
                      " features, but its input of shape " + ShapeText(input.sizes()) + " has another number",
                  ShapeMismatch::Extent::kUnknown, ShapeMismatch::AxisSize{-1, weight.size(1), 0});
  }
  call.Execute();
  if (call.tracker().Find(input) == nullptr) {
    call.Unsupported("reads a constant, and a state that depends on the input; the graph reader cannot follow that");
  }
  const int range = AddInputWeights(call, kind, "", call.Read(input), weight);
  // The state is the layer's own units, now or an earlier time, or what it starts from.
  AddOwnWeights(call, kind, range, range, call.tensor("w_hh"));
  for (const at::Tensor& state : states) JoinState(call, state, range);
  for (const at::Tensor& result : call.result_list()) {
    call.SetUnits(result,
                  {call.tracker().RangeLabels(range).expand(result.sizes()), {}, TensorUnits::NewOrigin(false)});
  }
}

}  // namespace modlab::reader
