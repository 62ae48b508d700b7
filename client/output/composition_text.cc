#include "client/output/composition_text.h"

#include <fmt/format.h>

#include "client/names.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

/// `784 + 784`.
std::string Sum(const google::protobuf::RepeatedField<std::int32_t>& units) {
  std::string text;
  for (const std::int32_t count : units) text += (text.empty() ? "" : " + ") + std::to_string(count);
  return text;
}

}  // namespace

std::string CompositionText(const v1::Model& model, const v1::ComposeResult& result, const TextStyle& style) {
  Grid grid({Grid::Align::kLeft, Grid::Align::kLeft, Grid::Align::kRight, Grid::Align::kRight});
  grid.Add({"layer", "operation", "reads", "writes"});
  for (const v1::ComposedLayer& layer : result.layers()) {
    grid.Add({Printable(layer.name()), Printable(layer.operation()), Sum(layer.inputs()), Sum(layer.outputs())});
  }
  return fmt::format("{}  {}\n\n{}\n  {:.0f} cross connections between parts\n",
                     Bold(Printable(model.display_name()), style), IdOf(model.name()), grid.Text(style),
                     result.cross_connections());
}

}  // namespace modlab::client
