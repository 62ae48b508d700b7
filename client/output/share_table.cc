#include "client/output/share_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr int kMostLayers = 40;
constexpr int kMostBlocks = 4;
constexpr int kNameWidth = 32;

/// Clusters [first, last) of one block of columns.
struct Block {
  int first;
  int last;
};

/// Which layers get a line: all, or the first and last of a deep network with a -1 between them.
std::vector<int> ShownLayers(int layers) {
  std::vector<int> shown;
  for (int layer = 0; layer < layers; ++layer) {
    const bool middle = layers > kMostLayers && layer >= kMostLayers / 2 && layer < layers - kMostLayers / 2;
    if (!middle) {
      shown.push_back(layer);
    } else if (shown.back() != -1) {
      shown.push_back(-1);
    }
  }
  return shown;
}

class Builder {
 public:
  Builder(const v1::UnitGraph& graph, const v1::Partition& partition)
      : graph_(graph), partition_(partition), layers_(ShownLayers(graph.groups_size())) {}

  /// How many clusters fit beside the layers' own columns.
  int ClustersPerBlock(int width) const {
    int name_width = 11;
    int operation_width = 9;
    for (const auto& group : graph_.groups()) {
      name_width = std::max(name_width, std::min(DisplayWidth(group.name()), kNameWidth));
      operation_width = std::max(operation_width, DisplayWidth(group.operation()));
    }
    const int units_width = std::max<int>(5, static_cast<int>(std::to_string(graph_.units()).size()));
    return std::max((width - 6 - name_width - operation_width - units_width) / (2 + ClusterWidth()), 1);
  }

  std::string Text(const Block& block, const TextStyle& style) const {
    std::vector<Grid::Align> columns = {Grid::Align::kLeft, Grid::Align::kLeft, Grid::Align::kRight};
    columns.resize(columns.size() + static_cast<std::size_t>(block.last - block.first), Grid::Align::kRight);
    Grid grid(columns);
    grid.Add(Row("layer", "operation", "units", block, [](int cluster) { return fmt::format("c{}", cluster); }));
    for (const int layer : layers_) {
      if (layer < 0) {
        grid.Add(Row("…", "", "", block, [](int) { return ""; }));
        continue;
      }
      const v1::Group& group = graph_.groups(layer);
      grid.Add(Row(ShortenedInFront(Printable(group.name()), kNameWidth), Printable(group.operation()),
                   std::to_string(group.units()), block,
                   [&](int cluster) { return ShareText(Part(cluster, layer), group.units()); }));
    }
    grid.Add(Row("units", "", std::to_string(graph_.units()), block,
                 [this](int cluster) { return std::to_string(partition_.sizes(cluster)); }));
    if (partition_.cluster_measures_size() == partition_.sizes_size()) {
      grid.Add(Row("conductance", "", "", block, [this](int cluster) {
        return fmt::format("{:.2f}", partition_.cluster_measures(cluster).conductance());
      }));
    }
    return grid.Text(style);
  }

 private:
  template <typename Cell>
  std::vector<std::string> Row(std::string name, std::string operation, std::string units, const Block& block,
                               const Cell& cell) const {
    std::vector<std::string> row = {std::move(name), std::move(operation), std::move(units)};
    for (int cluster = block.first; cluster < block.last; ++cluster) row.emplace_back(cell(cluster));
    return row;
  }

  int ClusterWidth() const {
    int width = 4;
    for (const int size : partition_.sizes()) width = std::max(width, static_cast<int>(std::to_string(size).size()));
    return width;
  }

  int Part(int cluster, int layer) const {
    const int index = cluster * graph_.groups_size() + layer;
    return index < partition_.group_sizes_size() ? partition_.group_sizes(index) : 0;
  }

  const v1::UnitGraph& graph_;
  const v1::Partition& partition_;
  const std::vector<int> layers_;
};

}  // namespace

std::string ShareText(int part, int whole) {
  if (part <= 0 || whole <= 0) return "·";
  if (part == whole) return "100%";
  const double percent = 100.0 * part / whole;
  if (percent < 0.5) return "<1%";
  return fmt::format("{:.0f}%", std::min(std::round(percent), 99.0));
}

std::string ShareTable(const v1::UnitGraph& graph, const v1::Partition& partition, const TextStyle& style) {
  const Builder builder(graph, partition);
  const int clusters = partition.sizes_size();
  const int per_block = builder.ClustersPerBlock(style.width);
  const int shown = std::min(clusters, kMostBlocks * per_block);
  std::string text;
  for (int first = 0; first < std::max(shown, 1); first += per_block) {
    if (!text.empty()) text += '\n';
    text += builder.Text({first, std::min(first + per_block, shown)}, style);
  }
  if (shown < clusters) text += fmt::format("  … and {} more clusters; -o json has them all\n", clusters - shown);
  if (graph.groups_size() > kMostLayers) {
    text +=
        fmt::format("  … {} layers in the middle left out; -o json has them all\n", graph.groups_size() - kMostLayers);
  }
  return text;
}

}  // namespace modlab::client
