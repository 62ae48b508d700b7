#include "server/worker/plot_data.h"

#include <bit>
#include <cstdint>

#include "core/community/ordered_adjacency.h"
#include "core/graph/edges.h"
#include "server/executor/files.h"
#include "server/executor/npy.h"

namespace modlab::server {
namespace {

template <typename Bits>
void AppendLittleEndian(std::string& bytes, Bits bits) {
  for (size_t shift = 0; shift < 8 * sizeof bits; shift += 8) bytes += static_cast<char>(bits >> shift);
}

void WriteEdges(const std::filesystem::path& path, const std::vector<Edge>& edges) {
  std::string bytes = NpyHeader("<f8", {static_cast<int64_t>(edges.size()), 3});
  for (const Edge& edge : edges) {
    for (const double value : {static_cast<double>(edge.source), static_cast<double>(edge.target), edge.weight}) {
      AppendLittleEndian(bytes, std::bit_cast<uint64_t>(value));
    }
  }
  WriteFileAtomically(path, bytes);
}

void WriteMatrix(const std::filesystem::path& path, const OrderedAdjacency& matrix) {
  std::string bytes = NpyHeader("<f4", {matrix.size, matrix.size});
  for (const float value : matrix.means) AppendLittleEndian(bytes, std::bit_cast<uint32_t>(value));
  WriteFileAtomically(path, bytes);
}

}  // namespace

void StorePlotData(const UnitGraph& graph, const std::vector<FoundPartition>& found, const v1::PlotDataSpec& spec,
                   const AttemptDirectory& directory, RunContext& context, v1::ScoreResult& result,
                   google::protobuf::RepeatedPtrField<std::string>& artifacts) {
  if (spec.edges() > 0) {
    result.set_edges_artifact("edges.npy");
    WriteEdges(directory.artifacts() / result.edges_artifact(), HeaviestEdges(graph, spec.edges(), context));
    artifacts.Add(std::string(result.edges_artifact()));
  }
  if (spec.cells() == 0) return;
  for (size_t i = 0; i < found.size(); ++i) {
    v1::Partition& partition = *result.mutable_partitions(static_cast<int>(i));
    partition.set_matrix_artifact("matrix-" + std::to_string(i) + ".npy");
    WriteMatrix(directory.artifacts() / partition.matrix_artifact(),
                OrderAdjacency(graph, found[i].labelling, spec.cells(), context));
    artifacts.Add(std::string(partition.matrix_artifact()));
  }
}

}  // namespace modlab::server
