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
    add(FollowAddMatMul, {"aten::addmm"});
    add(FollowMatMul, {"aten::matmul", "aten::mm"});
    add(FollowConvolution, {"aten::conv1d", "aten::conv2d", "aten::conv3d", "aten::convolution", "aten::_convolution"});
    add(FollowBatchNorm, {"aten::batch_norm"});
    add(FollowElementwise,
        {"aten::relu",       "aten::relu6",       "aten::leaky_relu",  "aten::rrelu",       "aten::prelu",
         "aten::elu",        "aten::selu",        "aten::celu",        "aten::gelu",        "aten::silu",
         "aten::mish",       "aten::sigmoid",     "aten::hardsigmoid", "aten::hardswish",   "aten::hardtanh",
         "aten::hardshrink", "aten::softshrink",  "aten::softplus",    "aten::log_sigmoid", "aten::tanh",
         "aten::threshold",  "aten::clamp",       "aten::clamp_min",   "aten::clamp_max",   "aten::clip",
         "aten::softmax",    "aten::log_softmax", "aten::softmin",     "aten::add",         "aten::sub",
         "aten::rsub",       "aten::pow",         "aten::neg",         "aten::abs",         "aten::square",
         "aten::sqrt",       "aten::rsqrt",       "aten::reciprocal",  "aten::exp",         "aten::expm1",
         "aten::log",        "aten::log1p",       "aten::sin",         "aten::cos",         "aten::atan",
         "aten::erf",        "aten::sign",        "aten::round",       "aten::floor",       "aten::ceil",
         "aten::nan_to_num"});
    add(FollowProduct, {"aten::mul", "aten::div"});
    add(FollowDropout,
        {"aten::dropout", "aten::feature_dropout", "aten::alpha_dropout", "aten::feature_alpha_dropout"});
    add(FollowIdentity, {"aten::contiguous", "aten::detach", "aten::clone", "aten::alias", "aten::to", "aten::type_as",
                         "aten::float", "aten::double", "aten::cpu", "aten::cuda", "aten::requires_grad"});
    add(FollowPooling1d, {"aten::max_pool1d", "aten::avg_pool1d", "aten::adaptive_avg_pool1d",
                          "aten::adaptive_max_pool1d", "aten::max_pool1d_with_indices"});
    add(FollowPooling2d, {"aten::max_pool2d", "aten::avg_pool2d", "aten::adaptive_avg_pool2d",
                          "aten::adaptive_max_pool2d", "aten::max_pool2d_with_indices"});
    add(FollowPooling3d, {"aten::max_pool3d", "aten::avg_pool3d", "aten::adaptive_avg_pool3d",
                          "aten::adaptive_max_pool3d", "aten::max_pool3d_with_indices"});
    add(FollowReduction, {"aten::mean", "aten::sum", "aten::amax", "aten::amin"});
    add(FollowReshape, {"aten::flatten", "aten::view", "aten::reshape", "aten::_unsafe_view", "aten::unflatten",
                        "aten::view_as", "aten::reshape_as"});
    add(FollowMovement, {"aten::permute", "aten::transpose", "aten::t", "aten::numpy_T", "aten::movedim",
                         "aten::squeeze", "aten::unsqueeze", "aten::slice", "aten::select", "aten::narrow"});
    add(FollowPadding, {"aten::pad"});
    add(FollowConstantPadding, {"aten::constant_pad_nd"});
    add(FollowCopyingPadding, {"aten::reflection_pad1d", "aten::reflection_pad2d", "aten::reflection_pad3d",
                               "aten::replication_pad1d", "aten::replication_pad2d", "aten::replication_pad3d"});
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

Handler FindHandler(const std::string& name) {
  const auto found = Table().find(name);
  if (found != Table().end()) return found->second;
  if (name.back() != '_') return nullptr;
  const auto functional = Table().find(name.substr(0, name.size() - 1));
  return functional == Table().end() ? nullptr : functional->second;
}

}  // namespace modlab::reader
