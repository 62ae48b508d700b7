#include "client/output/model_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "client/errors.h"
#include "client/names.h"
#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/labels_text.h"
#include "client/output/sharing_text.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string ShapesText(const v1::Inspection& inspection) {
  std::string text;
  for (const v1::InputShape& shape : inspection.input_shapes()) {
    if (!text.empty()) text += ' ';
    text += fmt::format("[{}]", fmt::join(shape.dimensions(), ","));
  }
  return text;
}

std::string LayersText(const v1::UnitGraph& graph, const TextStyle& style) {
  using enum Grid::Align;
  Grid grid({kLeft, kLeft, kRight});
  grid.Add({"layer", "operation", "units"});
  for (const v1::Group& group : graph.groups()) {
    grid.Add({Printable(group.name()), Printable(group.operation()), std::to_string(group.units())});
  }
  return grid.Text(style);
}

}  // namespace

std::string ModelListText(const v1::ListModelsResponse& models, const TextStyle& style) {
  using enum Grid::Align;
  Grid grid({kLeft, kLeft, kLeft, kRight, kLeft, kLeft, kLeft});
  grid.Add({"model", "name", "state", "size", "sha256", "created", "labels"});
  for (const v1::Model& model : models.models()) {
    grid.Add({IdOf(model.name()), Printable(model.display_name()), Lower(v1::Model::State_Name(model.state())),
              SizeText(static_cast<double>(model.size_bytes())), ShortDigest(model.sha256()),
              TimeText(model.create_time()), LabelsText(model.labels())});
  }
  return grid.Text(style);
}

std::string InspectionText(const v1::Inspection& inspection, const TextStyle& style) {
  Facts facts(style);
  facts.Add("parameters", fmt::format("{:.0f}", inspection.parameters()));
  facts.Add("input", ShapesText(inspection));
  if (inspection.has_graph()) {
    facts.Add("graph", fmt::format("{} units in {} layers, {:.0f} edges", inspection.graph().units(),
                                   inspection.graph().groups_size(), inspection.graph().edges()));
  }
  if (inspection.has_graph_error()) facts.Add("graph", Describe("none", inspection.graph_error()));
  for (const std::string& warning : inspection.graph().warnings()) facts.Add("note", Printable(warning));
  const std::string layers = inspection.has_graph() ? '\n' + LayersText(inspection.graph(), style) : "";
  return facts.text() + layers;
}

std::string ModelText(const v1::Model& model, const TextStyle& style) {
  Facts facts(style);
  facts.Add("name", Printable(model.display_name()));
  facts.Add("state", Lower(v1::Model::State_Name(model.state())));
  facts.Add("sha256", Printable(model.sha256()));
  facts.Add("size", SizeText(static_cast<double>(model.size_bytes())));
  facts.Add("labels", LabelsText(model.labels()));
  facts.Add("owner", Printable(model.owner()));
  facts.Add("shared", SharingText(model.sharing(), model.shared_with()));
  facts.Add("created", TimeText(model.create_time()));
  facts.Add("inspection", Printable(model.inspect_job()));
  if (model.has_error()) facts.Add("error", Describe("inspection failed", model.error()));
  const std::string inspection = model.has_inspection() ? InspectionText(model.inspection(), style) : "";
  return Bold(Printable(model.name()), style) + '\n' + facts.text() + inspection;
}

}  // namespace modlab::client
