#include "server/worker/read_graph.h"

namespace modlab::server {

UnitGraph ReadGraph(Model& model, const v1::GraphOptions& options, InputShapes& input_shapes, EventSink& events,
                    RunContext& context) {
  ReaderOptions reader = ToReaderOptions(options, input_shapes);
  reader.input_shapes = model.InputShapes(reader, context);
  input_shapes = ToProto(reader.input_shapes);
  UnitGraph graph = model.Read(reader, context);
  for (const std::string& warning : graph.warnings) events.Log(v1::LogLine::WARNING, warning);
  return graph;
}

}  // namespace modlab::server
