#pragma once

#include <torch/script.h>

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace modlab::reader {

/// Knows the tensors that a model holds by their storage (sparse ones by that of their elements), so that a weight is
/// recognised however it is reached: as an attribute, through a view, or transposed.
class Parameters {
 public:
  /// `graph` is the module's inlined forward: it holds the weights of a frozen module, as constants.
  Parameters(const torch::jit::Module& module, const torch::jit::Graph& graph);

  /// The name (`features.0.weight`) of the model's tensor that `parameter` is or is a view of; empty if it is neither
  /// (frozen models have constants only, and weights may be computed). Tied weights have the name that belongs to
  /// `layer`, where one does, else the first.
  std::string NameOf(const at::Tensor& parameter, const std::string& layer = "") const;

  /// The tensor itself, or for float16 and bfloat16, which a CPU cannot compute with, its one float32 copy.
  at::Tensor Computable(const at::Tensor& tensor);

  /// A sparse matrix, or its transposed, as CompressedRows has it: the same tensor for equal ones, since LibTorch
  /// copies a sparse tensor when it transposes it. Errors: those of CompressedRows.
  at::Tensor Rows(const at::Tensor& sparse, bool transposed);

  /// Names of all floating-point tensors with two or more axes that are parameters.
  const std::vector<std::string>& weight_names() const { return weight_names_; }
  /// Type of the first floating-point parameter, else buffer, else constant that is no number, as computed with;
  /// float32 where there is none.
  at::ScalarType dtype() const { return dtype_; }

 private:
  struct Extent {
    int64_t begin;  ///< In bytes from the storage's start.
    int64_t end;
    std::string name;
  };

  void Add(const std::string& name, const at::Tensor& parameter);

  std::unordered_map<const void*, std::vector<Extent>> extents_;  // by storage
  struct Converted {
    at::Tensor original;  // kept alive: its address is the key
    at::Tensor copy;
  };
  std::unordered_map<const void*, Converted> converted_;  // by tensor
  std::map<std::vector<size_t>, at::Tensor> compressed_;  // by content
  std::vector<std::string> weight_names_;
  at::ScalarType dtype_ = at::kFloat;
};

}  // namespace modlab::reader
