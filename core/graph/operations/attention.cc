#include <torch/csrc/jit/passes/inliner.h>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

// Operations that LibTorch computes in one go, written out. Only the way that units take through them counts.
constexpr const char* kWrittenOut = R"(
def attention(query, key, value, mask: Optional[Tensor]):
    weights = torch.matmul(query, key.transpose(-2, -1))
    if mask is not None and mask.is_floating_point():
        weights = weights + mask
    return torch.matmul(torch.softmax(weights, -1), value)

def grouped_attention(query, key, value):
    heads = query.size(-3) // key.size(-3)
    return attention(query, key.repeat_interleave(heads, -3), value.repeat_interleave(heads, -3), None)

def projected_attention(query, key, value, heads: int, weight, bias: Optional[Tensor], out_weight, out_bias: Optional[Tensor]):
    width = query.size(-1)
    size = width // heads
    if query is key and key is value:
        q, k, v = torch.linear(query, weight, bias).chunk(3, -1)
    else:
        q_weight, k_weight, v_weight = weight.chunk(3, 0)
        q = torch.linear(query, q_weight)
        k = torch.linear(key, k_weight)
        v = torch.linear(value, v_weight)
    q = q.unflatten(-1, [heads, size]).transpose(-3, -2)
    k = k.unflatten(-1, [heads, size]).transpose(-3, -2)
    v = v.unflatten(-1, [heads, size]).transpose(-3, -2)
    context = attention(q, k, v, None).transpose(-3, -2).flatten(-2)
    return torch.linear(context, out_weight, out_bias)

def encoder_layer(x, width: int, heads: int, weight, bias: Optional[Tensor], out_weight, out_bias: Optional[Tensor], use_gelu: bool,
                  norm_first: bool, eps: float, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, weight_1, bias_1,
                  weight_2, bias_2):
    if norm_first:
        y = torch.layer_norm(x, [width], norm_weight_1, norm_bias_1, eps)
        x = x + projected_attention(y, y, y, heads, weight, bias, out_weight, out_bias)
        y = torch.layer_norm(x, [width], norm_weight_2, norm_bias_2, eps)
        return x + torch.linear(torch.relu(torch.linear(y, weight_1, bias_1)), weight_2, bias_2)
    x = torch.layer_norm(x + projected_attention(x, x, x, heads, weight, bias, out_weight, out_bias), [width], norm_weight_1,
                         norm_bias_1, eps)
    x = x + torch.linear(torch.relu(torch.linear(x, weight_1, bias_1)), weight_2, bias_2)
    return torch.layer_norm(x, [width], norm_weight_2, norm_bias_2, eps)
)";

const torch::jit::Graph& WrittenOut(const char* name) {
  static const auto* const unit = [] {
    auto* compiled = new torch::jit::CompilationUnit();
    compiled->define(c10::nullopt, kWrittenOut, torch::jit::nativeResolver(), nullptr);
    for (torch::jit::Function* function : compiled->get_functions()) {
      torch::jit::Inline(*torch::jit::toGraphFunction(*function).graph());
    }
    return compiled;
  }();
  return *torch::jit::toGraphFunction(unit->get_function(name)).graph();
}

}  // namespace

void FollowAttention(Call& call) {
  call.Execute();
  std::vector<c10::IValue> inputs = {call.argument("query"), call.argument("key"), call.argument("value")};
  const bool grouped = call.HasArgument("enable_gqa") && call.argument("enable_gqa").toBool();
  if (!grouped) inputs.emplace_back();  // a mask decides, as attention weights do
  call.FollowAs(WrittenOut(grouped ? "grouped_attention" : "attention"), std::move(inputs));
}

void FollowFusedAttention(Call& call) {
  call.Execute();
  call.FollowAs(WrittenOut("projected_attention"),
                {call.argument("query"), call.argument("key"), call.argument("value"), call.argument("num_head"),
                 call.argument("qkv_weight"), call.argument("qkv_bias"), call.argument("proj_weight"),
                 call.argument("proj_bias")});
}

void FollowFusedEncoderLayer(Call& call) {
  call.Execute();
  std::vector<c10::IValue> inputs;
  for (const char* name : {"src", "embed_dim", "num_heads", "qkv_weight", "qkv_bias", "proj_weight", "proj_bias",
                           "use_gelu", "norm_first", "eps", "norm_weight_1", "norm_bias_1", "norm_weight_2",
                           "norm_bias_2", "ffn_weight_1", "ffn_bias_1", "ffn_weight_2", "ffn_bias_2"}) {
    inputs.push_back(call.argument(name));
  }
  call.FollowAs(WrittenOut("encoder_layer"), std::move(inputs));
}

}  // namespace modlab::reader
