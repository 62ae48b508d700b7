#include "core/graph/edges.h"

#include <cmath>
#include <queue>
#include <vector>

#include "core/graph/block_rows.h"

namespace modlab {

void ForEachEdge(const UnitGraph& graph, RunContext& context, const std::function<void(const Edge&)>& visit) {
  std::vector<double> weights;
  for (size_t block = 0; block < graph.blocks().size(); ++block) {
    context.Report("export", static_cast<double>(block) / static_cast<double>(graph.blocks().size()));
    const BlockRows rows(graph, graph.blocks()[block]);
    for (int row = 0; row < rows.rows(); ++row) {
      context.CheckCancelled();
      const int row_unit = rows.first_row_unit() + row;
      rows.EntriesOf(row, weights).ForEach([&](int column, double weight) {
        if (weight == 0) return;
        const int column_unit = rows.first_column_unit() + column;
        visit({.block = static_cast<int>(block),
               .source = rows.rows_are_sources() ? row_unit : column_unit,
               .target = rows.rows_are_sources() ? column_unit : row_unit,
               .weight = weight});
      });
    }
  }
}

std::vector<Edge> HeaviestEdges(const UnitGraph& graph, int64_t count, RunContext& context) {
  struct Visited {
    Edge edge;
    int64_t number = 0;
  };
  const auto goes_first = [](const Visited& a, const Visited& b) {
    return a.edge.weight != b.edge.weight ? a.edge.weight > b.edge.weight : a.number < b.number;
  };
  std::priority_queue<Visited, std::vector<Visited>, decltype(goes_first)> heaviest(goes_first);  // the last on top
  int64_t number = 0;
  ForEachEdge(graph, context, [&](const Edge& edge) {
    const Visited visited{edge, number++};
    if (static_cast<int64_t>(heaviest.size()) < count) {
      heaviest.push(visited);
    } else if (count > 0 && goes_first(visited, heaviest.top())) {
      heaviest.pop();
      heaviest.push(visited);
    }
  });
  std::vector<Edge> edges(heaviest.size());
  for (size_t i = edges.size(); i > 0; --i) {
    edges[i - 1] = heaviest.top().edge;
    heaviest.pop();
  }
  return edges;
}

double ThresholdOfHeaviest(const UnitGraph& graph, int64_t top, RunContext& context) {
  std::priority_queue<double, std::vector<double>, std::greater<>> heaviest;  // the lightest of them on top
  bool any_left = false;
  ForEachEdge(graph, context, [&](const Edge& edge) {
    if (static_cast<int64_t>(heaviest.size()) < top) {
      heaviest.push(edge.weight);
      return;
    }
    any_left = true;
    if (edge.weight <= heaviest.top()) return;
    heaviest.pop();
    heaviest.push(edge.weight);
  });
  return any_left ? std::nextafter(heaviest.top(), 0.0) : 0;
}

}  // namespace modlab
