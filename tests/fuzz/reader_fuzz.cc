// Programs of the operations that the reader follows, in any order and with any arguments: core/graph/operations.
//
// The bytes choose operations; what they make is a model's forward, in TorchScript, which is saved, loaded and read as
// any other model's is. With MODLAB_FUZZ_PRINT in the environment it is printed, too.

#include <torch/script.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/graph/model_reader.h"
#include "tests/fuzz/check.h"
#include "tests/unit/server/temporary_directory.h"

namespace {

/// Operations on tensors `A`, `B` and `C`, the weights `W`, and small numbers `N`.
constexpr const char* kOperations[] = {
    "torch.linear(A, W)",
    "torch.matmul(A, W)",
    "torch.matmul(W, A)",
    "torch.matmul(A, B)",
    "torch.addmm(B, A, W)",
    "torch.bmm(A, B)",
    "torch.einsum('...i,ji->...j', [A, W])",
    "torch.einsum('bij,bkj->bik', [A, B])",
    "torch.conv1d(A, W, None, N, N)",
    "torch.conv2d(A, W, None, N, N, N, N)",
    "torch.conv_transpose1d(A, W)",
    "torch.conv_transpose2d(A, W, None, N)",
    "torch.layer_norm(A, [A.size(-1)])",
    "torch.group_norm(A, N)",
    "torch.batch_norm(A, None, None, V, V, False, 0.1, 1e-5, False)",
    "torch.relu(A)",
    "torch.tanh_(A)",
    "torch.softmax(A, N)",
    "torch.max_pool1d(A, N)",
    "torch.avg_pool2d(A, [N, N])",
    "torch.adaptive_avg_pool1d(A, N)",
    "torch.constant_pad_nd(A, [N, N])",
    "torch.flatten(A, N)",
    "A.view(N, -1)",
    "A.reshape(-1, N, N)",
    "A.permute(0, 2, 1)",
    "A.transpose(N, N)",
    "A.unsqueeze(N)",
    "A.squeeze(N)",
    "A.expand(N, -1, -1)",
    "A.repeat(N, N, N)",
    "A + B",
    "A - B * C",
    "A / (B + N)",
    "A.add_(B)",
    "A * W",
    "torch.glu(A, N)",
    "torch.where(A > B, A, C)",
    "A.masked_fill(B > N, 0.0)",
    "torch.cat([A, B], N)",
    "torch.stack([A, B, C], N)",
    "torch.chunk(A, N, N)[0]",
    "torch.split(A, N, N)[-1]",
    "A.select(N, N)",
    "A[:, N:]",
    "A[..., N]",
    "torch.index_select(A, N, torch.arange(N))",
    "A.roll(N, N)",
    "A.flip([N])",
    "A.cumsum(N)",
    "A.mean(N)",
    "A.sum([N, N])",
    "A.amax(N, True)",
    "A.var(N)",
    "torch.sort(A, N)[0]",
    "torch.pixel_shuffle(A, N)",
    "torch.channel_shuffle(A, N)",
    "A.unfold(N, N, N)",
    "torch.norm(A)",
    "A.detach().clone()",
    "torch.zeros_like(A).copy_(B)",
    "torch.gru_cell(A, B, G, H)",
    "torch.embedding(W, A.to(torch.int64))",
    "torch.prelu(A, V)",
    "torch.upsample_nearest1d(A, [N])",
};

constexpr std::initializer_list<std::initializer_list<int64_t>> kWeights = {
    {4, 4}, {3, 4}, {4, 3}, {6, 3}, {4, 4, 1}, {3, 2, 2}, {2, 4, 2, 2}, {4, 1, 1, 1}, {3, 3, 1, 2}};

/// What is left of the input, a byte at a time; then zeros.
class Choices {
 public:
  Choices(const uint8_t* data, size_t size) : data_(data), end_(data + size) {}
  bool empty() const { return data_ == end_; }
  int Below(int count) { return empty() ? 0 : *data_++ % count; }

 private:
  const uint8_t* data_;
  const uint8_t* end_;
};

/// Writes an operation with its arguments chosen.
std::string Statement(Choices& choices, int values) {
  std::string statement;
  for (const char letter : std::string(kOperations[choices.Below(std::size(kOperations))])) {
    switch (letter) {
      case 'A':
      case 'B':
      case 'C':
        statement += "v" + std::to_string(values - 1 - choices.Below(std::min(values, 4)));
        break;
      case 'W':
        statement += "self.w" + std::to_string(choices.Below(static_cast<int>(kWeights.size())));
        break;
      case 'V':
        statement += "self.vector";
        break;
      case 'G':
      case 'H':
        statement += letter == 'G' ? "self.gates" : "self.hidden";
        break;
      case 'N':
        statement += std::to_string(choices.Below(5) - (choices.Below(4) == 0 ? 2 : 0));
        break;
      default:
        statement += letter;
    }
  }
  return statement;
}

torch::jit::Module MakeModule(Choices& choices) {
  torch::jit::Module module("__torch__.Fuzzed");
  module.register_attribute("training", c10::BoolType::get(), false);
  torch::manual_seed(1);
  int number = 0;
  for (const auto& shape : kWeights) {
    module.register_parameter("w" + std::to_string(number++), torch::randn(std::vector<int64_t>(shape)), false);
  }
  module.register_parameter("vector", torch::randn({4}), false);
  module.register_parameter("gates", torch::randn({12, 4}), false);
  module.register_parameter("hidden", torch::randn({12, 4}), false);
  std::string source = "def forward(self, v0):\n";
  int values = 1;
  while (!choices.empty() && values < 24) {
    source += "  v" + std::to_string(values) + " = " + Statement(choices, values) + "\n";
    ++values;
  }
  source += "  return v" + std::to_string(values - 1) + "\n";
  if (std::getenv("MODLAB_FUZZ_PRINT") != nullptr) std::fputs(source.c_str(), stderr);
  module.define(source);
  return module;
}

void CheckGraph(const modlab::UnitGraph& graph) {
  FUZZ_CHECK(graph.units() > 0 && !graph.blocks().empty());
  for (const modlab::Block& block : graph.blocks()) {
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        const double weight = block.entry(target, source);
        FUZZ_CHECK(std::isfinite(weight) && weight >= 0);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool initialised = (modlab::Model::InitialiseLibTorch(), true);
  static_cast<void>(initialised);
  static const modlab::server::TemporaryDirectory directory;
  const auto path = (directory.path() / "model.pt").string();
  Choices choices(data, size);
  const int axes = 2 + choices.Below(3);
  modlab::ReaderOptions options;
  if (choices.Below(4) > 0) options.input_shapes = {{std::vector<int64_t>(axes, 4), ""}};
  options.normalization = static_cast<modlab::Normalization>(choices.Below(3));
  options.fold_batch_norm = choices.Below(2) == 0;
  options.remove_unconnected = choices.Below(4) == 0;
  try {
    MakeModule(choices).save(path);
  } catch (const std::exception&) {
    return 0;  // no program: a value that is no tensor, say
  }
  try {
    modlab::RunContext context;
    modlab::Model model = modlab::Model::Load(path);
    CheckGraph(model.Read(options, context));
  } catch (const modlab::Error& error) {
    FUZZ_CHECK(std::string(error.what()).size() > 10);
  }
  return 0;
}
