#include "server/worker/export.h"

#include <fmt/format.h>

#include <stdexcept>

#include "core/error.h"
#include "core/graph/edges.h"
#include "core/graph/model_reader.h"
#include "server/worker/edge_files.h"
#include "server/worker/mapping.h"
#include "server/worker/read_graph.h"

namespace modlab::server {
namespace {

constexpr double kMostEdges = 1e6;
constexpr double kMostEntries = 25e6;

void RefuseLarge(const v1::GraphSpec& spec, double edges, const UnitGraph& graph) {
  if (spec.has_top() || spec.graph().threshold() > 0) return;
  double size = edges;
  if (spec.format() == v1::GraphSpec::BLOCKS_NPZ) {
    size = 0;
    for (const Block& block : graph.blocks()) {
      size += block.is_sparse() ? static_cast<double>(block.stored_entries())
                                : static_cast<double>(block.target_units) * block.source_units;
    }
  }
  const bool of_entries = spec.format() == v1::GraphSpec::BLOCKS_NPZ;
  if (size <= (of_entries ? kMostEntries : kMostEdges)) return;
  throw Error(ErrorKind::kInvalidOption,
              fmt::format("the graph has {:.0f} {}, too many for a file that nobody meant to be so large; give a "
                          "threshold, or how many of the heaviest edges to write (top, which may be all of them)",
                          size, of_entries ? "entries" : "edges"));
}

}  // namespace

v1::GraphResult Export(v1::GraphSpec& spec, const AttemptDirectory& directory, EventSink& events, RunContext& context,
                       google::protobuf::RepeatedPtrField<std::string>& artifacts) {
  context.Report("load");
  Model model = Model::Load(directory.model());
  context.Report("read");
  UnitGraph graph = ReadGraph(model, spec.graph(), *spec.mutable_input_shapes(), events, context);
  if (spec.has_top()) graph.RaiseThreshold(ThresholdOfHeaviest(graph, spec.top(), context));
  v1::GraphResult result;
  *result.mutable_graph() = ToProto(graph, context);
  RefuseLarge(spec, result.graph().edges(), graph);

  switch (spec.format()) {
    case v1::GraphSpec::GRAPHML:
      result.set_artifact("graph.graphml");
      WriteGraphMl(directory.artifacts() / result.artifact(), graph, context);
      break;
    case v1::GraphSpec::EDGES_CSV:
      result.set_artifact("edges.csv");
      WriteEdgesCsv(directory.artifacts() / result.artifact(), graph, context);
      break;
    case v1::GraphSpec::BLOCKS_NPZ:
      result.set_artifact("blocks.npz");
      WriteBlocksNpz(directory.artifacts() / result.artifact(), graph, context);
      break;
    default:
      throw std::logic_error("a format of graphs that this worker does not know");
  }
  artifacts.Add(std::string(result.artifact()));
  return result;
}

}  // namespace modlab::server
