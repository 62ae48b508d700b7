#include "server/worker/inspect.h"

#include "core/compose/composed_model.h"
#include "core/error.h"
#include "core/graph/model_reader.h"
#include "server/executor/utf8.h"
#include "server/worker/mapping.h"
#include "server/worker/read_graph.h"

namespace modlab::server {
namespace {

// Whether an error says that the model is not a network which modlab can read, and nothing worse.
bool OnlyMeansNotAGraph(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kModelForwardFailed:
    case ErrorKind::kOperationUnsupported:
    case ErrorKind::kNoWeightLayers:
    case ErrorKind::kWeightsNotFinite:
    case ErrorKind::kNoEdges:
    case ErrorKind::kInputShapeInvalid:
      return true;
    default:
      return false;
  }
}

void Describe(const Model& model, v1::Inspection& inspection) {
  double elements = 0;
  for (const TensorInfo& tensor : model.tensors()) {
    elements += static_cast<double>(tensor.elements);
    *inspection.add_tensors() = ToProto(tensor);
  }
  inspection.set_parameters(elements);
  for (const std::string& operation : model.operators()) inspection.add_operators(ToUtf8(operation));
}

}  // namespace

v1::Inspection Inspect(v1::InspectSpec& spec, const AttemptDirectory& directory, EventSink& events,
                       RunContext& context) {
  v1::Inspection inspection;
  context.Report("load");
  Model model = Model::Load(directory.model());
  Describe(model, inspection);
  inspection.set_composed_parts(ComposedParts(model));
  context.Report("read");
  try {
    const UnitGraph graph = ReadGraph(model, {}, *spec.mutable_input_shapes(), events, context);
    *inspection.mutable_graph() = ToProto(graph, context);
  } catch (const Error& error) {
    if (!OnlyMeansNotAGraph(error.kind())) throw;
    *inspection.mutable_graph_error() = ToProto(error, events.phase());
  }
  *inspection.mutable_input_shapes() = spec.input_shapes();
  return inspection;
}

}  // namespace modlab::server
