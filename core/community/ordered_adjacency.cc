#include "core/community/ordered_adjacency.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "core/graph/edges.h"

namespace modlab {

OrderedAdjacency OrderAdjacency(const UnitGraph& graph, const Labelling& labelling, int cells, RunContext& context) {
  std::vector<int> units(labelling.labels.size());
  std::iota(units.begin(), units.end(), 0);
  std::erase_if(units, [&](int unit) { return labelling.labels[unit] < 0; });
  std::stable_sort(units.begin(), units.end(), [&](int a, int b) { return labelling.labels[a] < labelling.labels[b]; });

  OrderedAdjacency matrix;
  matrix.size = std::min(cells, static_cast<int>(units.size()));
  const auto size = static_cast<size_t>(matrix.size);
  std::vector<int> cell_of(labelling.labels.size(), -1);
  std::vector<double> units_in(size, 0.0);
  for (size_t place = 0; place < units.size(); ++place) {
    const auto cell = place * size / units.size();
    cell_of[units[place]] = static_cast<int>(cell);
    ++units_in[cell];
  }
  std::vector<double> sums(size * size, 0.0);
  ForEachEdge(graph, context, [&](const Edge& edge) {
    const int source = cell_of[edge.source];
    const int target = cell_of[edge.target];
    if (source < 0 || target < 0) return;
    sums[static_cast<size_t>(source) * size + static_cast<size_t>(target)] += edge.weight;
    sums[static_cast<size_t>(target) * size + static_cast<size_t>(source)] += edge.weight;
  });
  matrix.means.resize(sums.size());
  for (size_t row = 0; row < size; ++row) {
    for (size_t column = 0; column < size; ++column) {
      matrix.means[row * size + column] =
          static_cast<float>(sums[row * size + column] / (units_in[row] * units_in[column]));
    }
  }
  return matrix;
}

}  // namespace modlab
