#pragma once

#include <string>
#include <vector>

#include "core/graph/operations/call.h"

/// The operations that the reader can follow, by family: a file each, and a table of their names.
namespace modlab::reader {

using Handler = void (*)(Call& call);

/// The handler of an operation (`aten::relu`, or in place `aten::relu_`), or nullptr.
Handler FindHandler(const std::string& name);
/// Whether a handler follows sparse weights.
bool TakesSparse(Handler handler);

// weights.cc
/// Notes the units at the positions of an axis (>= 0) of a tensor that `weight` [out][in / groups][kernel ...] is
/// applied to, and makes the output's. Returns the index of their range.
struct Layer {
  std::string name;
  std::string operation;
  at::Tensor weight;
  int groups = 1;
};
int AddLayer(Call& call, const Layer& layer, const TensorUnits& input, int64_t axis);
/// What a tensor is whose axis `axis` carries a range's units, which that layer has just written.
TensorUnits WrittenUnits(Call& call, int range, at::IntArrayRef shape, int64_t axis);
/// A layer's further weights, from other units to the same output.
void AddWeights(Call& call, const Layer& layer, int range, const TensorUnits& input, int64_t axis);
/// Throws kOperationUnsupported where a layer cannot read this: a statistic.
void RefuseStatistics(const Call& call, const at::Tensor& labels);
/// Throws kOperationUnsupported where one of these arguments depends on the input.
void RefuseUnitsIn(const Call& call, std::initializer_list<const char*> arguments);

// joining.cc: units at the same index become one.
/// Whether several units lie along an axis, at the same place of the others. Constants, such as a padding's, are none.
/// Of labels that UnitTracker::Resolved has made.
bool HasSeveralAlong(const at::Tensor& labels, int64_t axis);
/// Keeps one element of two tensors of the same shape along every axis, `kept` aside, on which neither changes: what is
/// true of it is true of all.
void NarrowWhereBothRepeat(at::Tensor* first, at::Tensor* second, int64_t kept = -1);
enum class JoinKind { kSum, kProduct };
/// The units of a tensor of `shape` that is computed element by element from two that carry units.
TensorUnits Join(Call& call, const TensorUnits& a, const TensorUnits& b, at::IntArrayRef shape, JoinKind kind);

// contraction.cc: sums over products along shared axes.
void FollowLinear(Call& call);     // linear(input, weight, bias)
void FollowAddMatMul(Call& call);  // addmm, addbmm, baddbmm, addmv
void FollowMatMul(Call& call);     // matmul, mm, bmm, mv, dot
void FollowEinsum(Call& call);     // einsum(equation, tensors)

// convolution.cc
void FollowConvolution(Call& call);  // conv1d, conv2d, conv3d, their transposes, convolution, _convolution

// recurrent.cc: layers with a state, and their cells.
void FollowRecurrent(Call& call);  // lstm, gru, rnn_tanh, rnn_relu
void FollowCell(Call& call);       // lstm_cell, gru_cell, rnn_tanh_cell, rnn_relu_cell

// packing.cc
void FollowPacking(Call& call);  // _pack_padded_sequence and back: sequences of different lengths

// embedding.cc
void FollowEmbedding(Call& call);     // embedding(weight, indices)
void FollowEmbeddingBag(Call& call);  // embedding_bag(weight, indices, offsets)
void FollowOneHot(Call& call);        // one_hot(self, num_classes)

// norms.cc
void FollowBatchNorm(Call& call);
void FollowLayerNorm(Call& call);  // layer_norm, native_layer_norm, rms_norm
void FollowGroupNorm(Call& call);  // group_norm, instance_norm
/// Says that the result is `input` scaled by `scale` (broadcast over the tensor), as a norm does.
void AddScale(Call& call, const at::Tensor& input, const at::Tensor& scale);
/// Warns that one unit is scaled by values of either sign, which its weights cannot follow.
void WarnOfSigns(Call& call);

// elementwise.cc
void FollowElementwise(Call& call);  // element by element of one tensor, or of several whose units become one
void FollowNonlinear(Call& call);    // the same, where scaled units do not give scaled results
void FollowProduct(Call& call);      // mul, div
void FollowMasking(Call& call);      // masked_fill, where
void FollowIdentity(Call& call);     // the same contents: dropout, contiguous, to, ...
void FollowDropout(Call& call);
void FollowGatedLinearUnit(Call& call);  // glu

// pooling.cc: neighbouring positions of a unit become one, or several.
void FollowPooling1d(Call& call);
void FollowPooling2d(Call& call);
void FollowPooling3d(Call& call);
void FollowUpsampling(Call& call);
void FollowReduction(Call& call);   // mean, sum, amax, var, ... over given axes
void FollowCumulation(Call& call);  // cumsum, sort, topk, ... along an axis

// reshaping.cc: elements move, and units with them.
void FollowReshape(Call& call);        // flatten, view, reshape, ...
void FollowMovement(Call& call);       // permute, transpose, squeeze, slice, ...
void FollowParts(Call& call);          // chunk, split, unbind, ...
void FollowConcatenation(Call& call);  // cat, stack
/// unfold, reflection and replication padding, affine sampling: elements are copied, by kernels for floats only.
void FollowMovementOfFloats(Call& call);
void FollowPadding(Call& call);  // pad(self, pad, mode, value)
void FollowConstantPadding(Call& call);
void FollowPixelShuffle(Call& call);
void FollowIndexing(Call& call);  // index, index_select, gather: elements chosen by an index

// overwriting.cc: parts of a tensor are written to.
void FollowCopyInto(Call& call);  // copy_(self, src)
void FollowFill(Call& call);      // fill_, zero_
void FollowIndexPut(Call& call);  // index_put_(self, indices, values), scatter

// attention.cc
void FollowAttention(Call& call);          // scaled_dot_product_attention
void FollowFusedAttention(Call& call);     // _native_multi_head_attention
void FollowFusedEncoderLayer(Call& call);  // _transformer_encoder_layer_fwd

// query.cc: shapes and types are looked at, or tensors put into and taken out of containers.
void FollowQuery(Call& call);
/// A tensor's value becomes a number of the program.
void FollowValue(Call& call);

}  // namespace modlab::reader
