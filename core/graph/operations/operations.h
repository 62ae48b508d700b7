#pragma once

#include <string>

#include "core/graph/operations/call.h"

/// The operations that the reader can follow, by family: a file each, and a table of their names.
namespace modlab::reader {

using Handler = void (*)(Call& call);

/// The handler of an operation (`aten::relu`, or in place `aten::relu_`), or nullptr.
Handler FindHandler(const std::string& name);

// weights.cc
/// Notes the units at the positions of `input`'s `axis` (>= 0), which `weight` [out][in / groups][kernel ...] is
/// applied to.
WeightOperation ReadByWeights(Call& call, const at::Tensor& input, int64_t axis, const at::Tensor& weight, int groups,
                              const std::string& layer);

// linear.cc: a matrix of weights along an axis of units.
void FollowLinear(Call& call);     // linear(input, weight, bias)
void FollowAddMatMul(Call& call);  // addmm(self, mat1, mat2)
void FollowMatMul(Call& call);     // matmul, mm (self, other)

// convolution.cc
void FollowConvolution(Call& call);  // conv1d, conv2d, conv3d, convolution, _convolution

// batch_norm.cc
void FollowBatchNorm(Call& call);
/// Says that `result` is `input` scaled by `scale` (absolute values, broadcast over the tensor), as a norm does.
void AddScale(Call& call, const at::Tensor& input, const at::Tensor& scale);

// elementwise.cc
void FollowElementwise(Call& call);  // one tensor with units, element by element; or several with the same ones
void FollowProduct(Call& call);      // mul, div
void FollowIdentity(Call& call);     // the same contents: dropout, contiguous, to, ...
void FollowDropout(Call& call);

// pooling.cc: neighbouring positions of a unit become one.
void FollowPooling1d(Call& call);
void FollowPooling2d(Call& call);
void FollowPooling3d(Call& call);
void FollowReduction(Call& call);  // mean, sum, amax, amin over given axes

// reshaping.cc: elements move, and units with them.
void FollowReshape(Call& call);   // flatten, view, reshape, ...
void FollowMovement(Call& call);  // permute, transpose, squeeze, slice, ...
void FollowPadding(Call& call);   // pad(self, pad, mode, value)
void FollowConstantPadding(Call& call);
void FollowCopyingPadding(Call& call);  // reflection, replication

// query.cc: shapes and types are looked at, or tensors put into and taken out of containers.
void FollowQuery(Call& call);

}  // namespace modlab::reader
