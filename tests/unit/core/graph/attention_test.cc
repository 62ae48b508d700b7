// scaled_dot_product_attention, which LibTorch has from version 2 on. Where it is older, the test brings the operation.

#include <gtest/gtest.h>
#include <torch/script.h>
#include <torch/version.h>

#include <string>

#include "core/graph/model_reader.h"
#include "tests/unit/core/graph/fixtures.h"
#include "tests/unit/server/temporary_directory.h"

#if TORCH_VERSION_MAJOR < 2
namespace {

at::Tensor Attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                     const c10::optional<at::Tensor>& /*mask*/, double /*dropout*/, bool /*is_causal*/,
                     c10::optional<double> /*scale*/, bool enable_gqa) {
  const int64_t repeats = enable_gqa ? query.size(-3) / key.size(-3) : 1;
  const at::Tensor keys = key.repeat_interleave(repeats, -3);
  return at::softmax(query.matmul(keys.transpose(-2, -1)), -1).matmul(value.repeat_interleave(repeats, -3));
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(aten, library) {
  library.def(
      "scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float "
      "dropout_p=0.0, "
      "bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
      Attention);
}
#endif

namespace modlab {
namespace {

/// Reads 12 tokens' units through an attention of `heads` heads for queries and `key_heads` for keys and values.
UnitGraph ReadAttention(int heads, int key_heads, const std::string& options) {
  torch::manual_seed(1);
  torch::jit::Module module("__torch__.Attention");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("q", torch::randn({4 * heads, 6}), false);
  module.register_parameter("k", torch::randn({4 * key_heads, 6}), false);
  module.register_parameter("v", torch::randn({4 * key_heads, 6}), false);
  module.register_parameter("out", torch::randn({3, 4 * heads}), false);
  const auto split = [](const std::string& name, int of) {
    return "torch.linear(x, self." + name + ").view([x.size(0), x.size(1), " + std::to_string(of) +
           ", 4]).transpose(1, 2)";
  };
  module.define("def forward(self, x):\n  y = torch.scaled_dot_product_attention(" + split("q", heads) + ", " +
                split("k", key_heads) + ", " + split("v", key_heads) + options +
                ")\n  return torch.linear(y.transpose(1, 2).flatten(2), self.out)\n");
  const server::TemporaryDirectory directory;
  const std::string path = (directory.path() / "attention.pt").string();
  module.save(path);
  RunContext context;
  ReaderOptions reader;
  reader.input_shapes = AsInputs({{1, 12, 6}});
  return Model::Load(path).Read(reader, context);
}

TEST(FusedAttention, JoinsQueriesWithKeysAndPassesValues) {
  for (const std::string options : {"", ", None, 0.0, True", ", torch.zeros(12, 12), scale=0.5"}) {
    const UnitGraph graph = ReadAttention(2, 2, options);
    ASSERT_EQ(graph.groups().size(), 4u) << options;  // input, queries with keys, values, out
    EXPECT_EQ(graph.groups()[1].units, 8);
    EXPECT_EQ(graph.groups()[2].name, "v");
    ASSERT_EQ(graph.blocks().size(), 4u);
    EXPECT_EQ(graph.blocks()[0].target, 1);
    EXPECT_EQ(graph.blocks()[1].target, 1);
    EXPECT_EQ(graph.blocks()[3].source, 2);
  }
}

TEST(FusedAttention, GroupsOfQueryHeadsShareTheUnitsOfAKeyHead) {
  const UnitGraph graph = ReadAttention(4, 2, ", enable_gqa=True");
  // 16 queries and 8 keys are 8 units, and so are 8 values, though out reads each of them at two places.
  ASSERT_EQ(graph.units(), 6 + 8 + 8 + 3);
  for (const Block& block : graph.blocks()) {
    for (const double weight : Entries(block)) EXPECT_GT(weight, 0);
  }
}

}  // namespace
}  // namespace modlab
