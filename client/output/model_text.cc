#include "client/output/model_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "client/errors.h"
#include "client/names.h"
#include "client/output/columns.h"
#include "client/output/facts.h"
#include "client/output/graph_text.h"
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
    if (!shape.dtype().empty()) text += ' ' + Printable(shape.dtype());
  }
  return text;
}

}  // namespace

std::string ModelListText(const google::protobuf::RepeatedPtrField<v1::Model>& models, const TextStyle& style) {
  using ModelColumn = Column<v1::Model>;
  using enum ModelColumn::Shown;
  using enum Grid::Align;
  const std::vector<ModelColumn> columns = {
      {"model", [](const v1::Model& model) { return IdOf(model.name()); }},
      {"owner", [](const v1::Model& model) { return Printable(model.owner()); }, kWide},
      {"name", [](const v1::Model& model) { return Printable(model.display_name()); }},
      {"state", [](const v1::Model& model) { return Lower(v1::Model::State_Name(model.state())); }},
      {"format", [](const v1::Model& model) { return Lower(v1::Model::Format_Name(model.format())); }, kWide},
      {"size", [](const v1::Model& model) { return SizeText(static_cast<double>(model.size_bytes())); }, kAlways,
       kRight},
      {"sha256",
       [&style](const v1::Model& model) {
         return style.wide ? Printable(model.sha256()) : ShortDigest(model.sha256());
       }},
      {"created", [](const v1::Model& model) { return TimeText(model.create_time()); }},
      {"inspection", [](const v1::Model& model) { return IdOf(model.inspect_job()); }, kWide},
      {"shared", [](const v1::Model& model) { return SharingText(model.sharing(), model.shared_with()); }, kWide},
      {"labels", [](const v1::Model& model) { return LabelsText(model.labels()); }},
      {"error", [](const v1::Model& model) { return model.has_error() ? v1::Reason_Name(model.error().reason()) : ""; },
       kWide}};
  return ColumnsText(columns, models, style);
}

std::string InspectionText(const v1::Inspection& inspection, const TextStyle& style) {
  Facts facts(style);
  facts.Add("parameters", fmt::format("{:.0f}", inspection.parameters()));
  facts.Add("input", ShapesText(inspection));
  if (inspection.has_graph_error()) facts.Add("graph", Describe("none", inspection.graph_error()));
  return facts.text() + (inspection.has_graph() ? GraphText(inspection.graph(), style) : "");
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
  facts.Add("made by", Printable(model.source_job()));
  if (model.has_error()) facts.Add("error", Describe("inspection failed", model.error()));
  const std::string inspection = model.has_inspection() ? InspectionText(model.inspection(), style) : "";
  return Bold(Printable(model.name()), style) + '\n' + facts.text() + inspection;
}

}  // namespace modlab::client
