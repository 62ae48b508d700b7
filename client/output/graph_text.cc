#include "client/output/graph_text.h"

#include <fmt/format.h>

#include <vector>

#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

/// The groups, with the blocks that write their units and these blocks' share of all weight.
std::string GroupsText(const v1::UnitGraph& graph, const TextStyle& style) {
  struct Written {
    int blocks = 0;
    double weight = 0;
  };
  std::vector<Written> written(graph.groups_size());
  double total = 0;
  for (const v1::Block& block : graph.blocks()) {
    total += block.weight();
    if (block.target() < 0 || block.target() >= graph.groups_size()) continue;
    ++written[block.target()].blocks;
    written[block.target()].weight += block.weight();
  }
  using enum Grid::Align;
  Grid grid({kLeft, kLeft, kRight, kRight, kRight});
  grid.Add({"layer", "operation", "units", "blocks", "weight"});
  for (int i = 0; i < graph.groups_size(); ++i) {
    const v1::Group& group = graph.groups(i);
    const bool is_written = written[i].blocks > 0 && total > 0;
    grid.Add({Printable(group.name()), Printable(group.operation()), std::to_string(group.units()),
              is_written ? std::to_string(written[i].blocks) : "-",
              is_written ? fmt::format("{:.1f} %", 100 * written[i].weight / total) : "-"});
  }
  return grid.Text(style);
}

}  // namespace

std::string GraphText(const v1::UnitGraph& graph, const TextStyle& style) {
  Facts facts(style);
  facts.Add("graph", fmt::format("{} units in {} groups, {:.0f} edges in {} blocks", graph.units(), graph.groups_size(),
                                 graph.edges(), graph.blocks_size()));
  for (const std::string& warning : graph.warnings()) facts.Add("note", Printable(warning));
  return facts.text() + '\n' + GroupsText(graph, style);
}

}  // namespace modlab::client
