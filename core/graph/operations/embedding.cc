#include "core/graph/operations/operations.h"

namespace modlab::reader {
namespace {

/// The range of the vocabulary that these indices choose from.
int Vocabulary(Call& call, const at::Tensor& indices, int64_t count) {
  const std::optional<int> range = call.tracker().AddVocabulary(indices, static_cast<int>(count));
  if (!range) {
    call.Unsupported(
        "chooses by indices that are computed from units or from several inputs, which the graph reader "
        "cannot follow");
  }
  return *range;
}

/// Adds the layer of a table of vectors, and returns its range.
int AddTable(Call& call, const at::Tensor& table, const at::Tensor& indices) {
  if (indices.is_floating_point()) {
    throw ShapeMismatch::ExpectsIndices(call.Subject() + " expects indices, and its input is of type " +
                                        c10::toString(indices.scalar_type()) + call.location().LinePhrase());
  }
  const int vocabulary = Vocabulary(call, indices, table.size(0));
  call.Read(indices);
  const TensorUnits units{call.tracker().RangeLabels(vocabulary), {}, TensorUnits::NewOrigin(true)};
  return AddLayer(call, {call.LayerName(table, "embedding"), "embedding", table.t(), 1}, units, 0);
}

}  // namespace

void FollowEmbedding(Call& call) {
  RefuseUnitsIn(call, {"weight"});
  const at::Tensor table = call.tensor("weight");
  const at::Tensor indices = call.tensor("indices");
  const int range = AddTable(call, table, indices);
  call.Execute();
  call.SetUnits(WrittenUnits(call, range, call.result().sizes(), call.result().dim() - 1));
}

void FollowEmbeddingBag(Call& call) {
  RefuseUnitsIn(call, {"weight", "offsets"});
  const at::Tensor table = call.tensor("weight");
  const int range = AddTable(call, table, call.tensor("indices"));
  call.Execute();
  call.SetUnits(WrittenUnits(call, range, call.result().sizes(), call.result().dim() - 1));
}

void FollowOneHot(Call& call) {
  const at::Tensor indices = call.tensor("self");
  call.Execute();
  const at::Tensor& result = call.result();
  const int vocabulary = Vocabulary(call, indices, result.size(-1));
  call.Read(indices);
  call.SetUnits({call.tracker().RangeLabels(vocabulary).expand(result.sizes()), {}, TensorUnits::NewOrigin(true)});
}

}  // namespace modlab::reader
