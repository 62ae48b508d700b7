#include <unordered_map>

#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

const std::unordered_map<std::string, Handler>& Table() {
  static const auto* const table = [] {
    auto* handlers = new std::unordered_map<std::string, Handler>;
    const auto add = [handlers](Handler handler, std::initializer_list<const char*> names) {
      for (const char* name : names) handlers->emplace(name, handler);
    };
    add(FollowLinear, {"aten::linear"});
    add(FollowAddMatMul, {"aten::addmm", "aten::baddbmm", "aten::addmv", "aten::_sparse_addmm"});
    add(FollowMatMul, {"aten::matmul", "aten::mm", "aten::bmm", "aten::mv", "aten::dot", "aten::_sparse_mm"});
    add(FollowEinsum, {"aten::einsum"});
    add(FollowConvolution,
        {"aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::convolution", "aten::_convolution",
         "aten::_convolution_mode", "aten::conv_transpose1d", "aten::conv_transpose2d", "aten::conv_transpose3d"});
    add(FollowRecurrent, {"aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu"});
    add(FollowCell, {"aten::lstm_cell", "aten::gru_cell", "aten::rnn_tanh_cell", "aten::rnn_relu_cell"});
    add(FollowPacking, {"aten::_pack_padded_sequence", "aten::_pad_packed_sequence"});
    add(FollowEmbedding, {"aten::embedding"});
    add(FollowEmbeddingBag, {"aten::embedding_bag"});
    add(FollowOneHot, {"aten::one_hot"});
    add(FollowAttention, {"aten::scaled_dot_product_attention"});
    add(FollowFusedAttention, {"aten::_native_multi_head_attention"});
    add(FollowFusedEncoderLayer, {"aten::_transformer_encoder_layer_fwd"});
    add(FollowBatchNorm, {"aten::batch_norm"});
    add(FollowLayerNorm, {"aten::layer_norm", "aten::native_layer_norm", "aten::rms_norm"});
    add(FollowGroupNorm, {"aten::group_norm", "aten::instance_norm"});
    add(FollowElementwise,
        {"aten::relu", "aten::leaky_relu", "aten::rrelu", "aten::prelu", "aten::add", "aten::sub", "aten::rsub",
         "aten::neg", "aten::abs", "aten::maximum", "aten::minimum", "aten::fmax", "aten::fmin", "aten::add_relu",
         "aten::lerp", "aten::nan_to_num", "aten::tril", "aten::triu", "aten::hypot"});
    add(FollowNonlinear,
        {"aten::relu6",        "aten::elu",          "aten::selu",        "aten::celu",        "aten::gelu",
         "aten::silu",         "aten::mish",         "aten::sigmoid",     "aten::hardsigmoid", "aten::hardswish",
         "aten::hardtanh",     "aten::hardshrink",   "aten::softshrink",  "aten::softplus",    "aten::softsign",
         "aten::log_sigmoid",  "aten::tanh",         "aten::tanhshrink",  "aten::threshold",   "aten::clamp",
         "aten::clamp_min",    "aten::clamp_max",    "aten::clip",        "aten::softmax",     "aten::_softmax",
         "aten::log_softmax",  "aten::_log_softmax", "aten::softmin",     "aten::pow",         "aten::square",
         "aten::sqrt",         "aten::rsqrt",        "aten::reciprocal",  "aten::exp",         "aten::exp2",
         "aten::expm1",        "aten::log",          "aten::log1p",       "aten::log2",        "aten::sin",
         "aten::cos",          "aten::tan",          "aten::atan",        "aten::asin",        "aten::acos",
         "aten::sinh",         "aten::cosh",         "aten::asinh",       "aten::acosh",       "aten::atanh",
         "aten::erf",          "aten::erfc",         "aten::sign",        "aten::round",       "aten::floor",
         "aten::ceil",         "aten::trunc",        "aten::frac",        "aten::remainder",   "aten::fmod",
         "aten::floor_divide", "aten::gt",           "aten::lt",          "aten::ge",          "aten::le",
         "aten::eq",           "aten::ne",           "aten::logical_not", "aten::logical_and", "aten::logical_or",
         "aten::bitwise_not",  "aten::isnan",        "aten::isfinite",    "aten::isinf",       "aten::atan2",
         "aten::logaddexp",    "aten::sinc",         "aten::xlogy",       "aten::bitwise_and", "aten::bitwise_or",
         "aten::__and__",      "aten::__or__"});
    add(FollowProduct, {"aten::mul", "aten::div", "aten::multiply", "aten::divide", "aten::true_divide"});
    add(FollowMasking, {"aten::masked_fill", "aten::where"});
    add(FollowGatedLinearUnit, {"aten::glu"});
    add(FollowDropout, {"aten::dropout", "aten::feature_dropout", "aten::alpha_dropout", "aten::feature_alpha_dropout",
                        "aten::native_dropout"});
    add(FollowIdentity,
        {"aten::contiguous", "aten::detach", "aten::clone", "aten::alias", "aten::to", "aten::type_as", "aten::float",
         "aten::double", "aten::half", "aten::bfloat16", "aten::int", "aten::long", "aten::bool", "aten::cpu",
         "aten::requires_grad", "aten::_to_copy", "aten::lift_fresh", "aten::identity", "aten::as_tensor"});
    add(FollowPooling1d, {"aten::max_pool1d", "aten::avg_pool1d", "aten::adaptive_avg_pool1d",
                          "aten::adaptive_max_pool1d", "aten::max_pool1d_with_indices"});
    add(FollowPooling2d,
        {"aten::max_pool2d", "aten::avg_pool2d", "aten::adaptive_avg_pool2d", "aten::_adaptive_avg_pool2d",
         "aten::adaptive_max_pool2d", "aten::max_pool2d_with_indices", "aten::fractional_max_pool2d"});
    add(FollowPooling3d, {"aten::max_pool3d", "aten::avg_pool3d", "aten::adaptive_avg_pool3d",
                          "aten::adaptive_max_pool3d", "aten::max_pool3d_with_indices"});
    add(FollowUpsampling,
        {"aten::upsample_nearest1d", "aten::upsample_nearest2d", "aten::upsample_nearest3d",
         "aten::_upsample_nearest_exact1d", "aten::_upsample_nearest_exact2d", "aten::_upsample_nearest_exact3d",
         "aten::upsample_linear1d", "aten::upsample_bilinear2d", "aten::upsample_bicubic2d",
         "aten::upsample_trilinear3d", "aten::_upsample_bilinear2d_aa", "aten::_upsample_bicubic2d_aa"});
    add(FollowReduction,
        {"aten::mean",     "aten::sum",      "aten::amax",      "aten::amin",   "aten::max",
         "aten::min",      "aten::var",      "aten::std",       "aten::prod",   "aten::norm",
         "aten::argmax",   "aten::argmin",   "aten::logsumexp", "aten::median", "aten::linalg_vector_norm",
         "aten::var_mean", "aten::std_mean", "aten::all",       "aten::any",    "aten::nanmean",
         "aten::nansum"});
    add(FollowCumulation, {"aten::cumsum", "aten::cumprod", "aten::cummax", "aten::cummin", "aten::logcumsumexp",
                           "aten::sort", "aten::argsort", "aten::topk", "aten::kthvalue"});
    add(FollowReshape, {"aten::flatten", "aten::view", "aten::reshape", "aten::_unsafe_view", "aten::unflatten",
                        "aten::view_as", "aten::reshape_as", "aten::_reshape_alias", "aten::ravel"});
    add(FollowMovement, {"aten::permute",
                         "aten::transpose",
                         "aten::t",
                         "aten::numpy_T",
                         "aten::mT",
                         "aten::movedim",
                         "aten::moveaxis",
                         "aten::squeeze",
                         "aten::unsqueeze",
                         "aten::slice",
                         "aten::select",
                         "aten::narrow",
                         "aten::swapaxes",
                         "aten::swapdims",
                         "aten::expand",
                         "aten::expand_as",
                         "aten::broadcast_to",
                         "aten::repeat",
                         "aten::tile",
                         "aten::repeat_interleave",
                         "aten::roll",
                         "aten::flip",
                         "aten::fliplr",
                         "aten::flipud",
                         "aten::rot90",
                         "aten::diagonal",
                         "aten::unfold",
                         "aten::channel_shuffle",
                         "aten::pixel_unshuffle"});
    add(FollowParts, {"aten::chunk", "aten::split", "aten::split_with_sizes", "aten::unbind", "aten::tensor_split",
                      "aten::unsafe_chunk", "aten::unsafe_split", "aten::unsafe_split_with_sizes"});
    add(FollowConcatenation, {"aten::cat", "aten::concat", "aten::stack"});
    add(FollowPixelShuffle, {"aten::pixel_shuffle"});
    add(FollowIndexing, {"aten::index_select", "aten::index", "aten::gather", "aten::take_along_dim"});
    add(FollowPadding, {"aten::pad"});
    add(FollowConstantPadding, {"aten::constant_pad_nd"});
    add(FollowMovementOfFloats,
        {"aten::reflection_pad1d", "aten::reflection_pad2d", "aten::reflection_pad3d", "aten::replication_pad1d",
         "aten::replication_pad2d", "aten::replication_pad3d", "aten::im2col"});
    add(FollowCopyInto, {"aten::copy"});
    add(FollowFill, {"aten::fill", "aten::zero"});
    add(FollowIndexPut, {"aten::index_put", "aten::scatter", "aten::index_copy"});
    add(FollowValue, {"aten::item", "aten::Int", "aten::Float", "aten::Bool", "aten::is_nonzero", "aten::IntImplicit",
                      "aten::FloatImplicit", "aten::ScalarImplicit", "aten::equal", "aten::allclose"});
    add(FollowQuery, {"aten::size",
                      "aten::dim",
                      "aten::numel",
                      "aten::len",
                      "aten::stride",
                      "aten::is_contiguous",
                      "aten::is_floating_point",
                      "aten::is_complex",
                      "aten::get_device",
                      "aten::storage_offset",
                      "aten::_shape_as_tensor",
                      "aten::__is__",
                      "aten::__isnot__",
                      "aten::zeros_like",
                      "aten::ones_like",
                      "aten::empty_like",
                      "aten::full_like",
                      "aten::rand_like",
                      "aten::randn_like",
                      "aten::new_zeros",
                      "aten::new_ones",
                      "aten::new_full",
                      "aten::new_empty",
                      "prim::dtype",
                      "prim::device",
                      "prim::layout",
                      "prim::shape",
                      "prim::is_cuda",
                      "prim::requires_grad",
                      "prim::is_quantized",
                      "prim::is_nested",
                      "prim::is_sparse",
                      "prim::is_sparse_csr",
                      "prim::is_mkldnn",
                      "prim::is_cpu",
                      "prim::is_meta",
                      "prim::type",
                      "prim::TupleIndex",
                      "prim::unchecked_unwrap_optional",
                      "aten::_unwrap_optional",
                      "aten::__getitem__",
                      "aten::__contains__",
                      "aten::append",
                      "aten::insert",
                      "aten::extend",
                      "aten::pop",
                      "aten::list",
                      "aten::_set_item",
                      "aten::keys",
                      "aten::values",
                      "aten::items",
                      "aten::get"});
    return handlers;
  }();
  return *table;
}

}  // namespace

bool TakesSparse(Handler handler) {
  return handler == FollowLinear || handler == FollowMatMul || handler == FollowAddMatMul;
}

Handler FindHandler(const std::string& name) {
  const auto found = Table().find(name);
  if (found != Table().end()) return found->second;
  if (name.back() != '_') return nullptr;
  const auto functional = Table().find(name.substr(0, name.size() - 1));
  return functional == Table().end() ? nullptr : functional->second;
}

}  // namespace modlab::reader
