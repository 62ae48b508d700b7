#include "tests/unit/core/test_graphs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "core/graph/sparse_entries.h"
#include "core/random.h"

namespace modlab::test {
namespace {

int AddLinearGroup(UnitGraph& graph, int units) {
  const bool input = graph.groups().empty();
  return graph.AddGroup({.name = input ? "input" : "layer" + std::to_string(graph.groups().size()),
                         .operation = input ? "input" : "linear",
                         .units = units});
}

/// A chain of layers of these widths; weight(layer, target, source) gives the weights.
template <typename Weight>
UnitGraph MakeChain(const std::vector<int>& widths, const Weight& weight) {
  UnitGraph graph;
  for (const int width : widths) AddLinearGroup(graph, width);
  for (int layer = 0; layer + 1 < static_cast<int>(widths.size()); ++layer) {
    std::vector<double> weights;
    for (int target = 0; target < widths[layer + 1]; ++target) {
      for (int source = 0; source < widths[layer]; ++source) weights.push_back(weight(layer, target, source));
    }
    graph.AddBlock(OwnedBlock(layer, layer + 1, widths[layer], widths[layer + 1], std::move(weights)));
  }
  return graph;
}

std::vector<double> RandomVector(int count, double low, double high, Random& random) {
  std::vector<double> values(count);
  for (double& value : values) value = low + (high - low) * random.Uniform();
  return values;
}

/// A block of elements of type Element, random in [-1, 1], laid out with these strides.
template <typename Element>
Block StridedBlock(const UnitGraph& graph, int source, int target, int64_t target_stride, int64_t source_stride,
                   Random& random) {
  Block block;
  block.source = source;
  block.target = target;
  block.source_units = graph.groups()[source].units;
  block.target_units = graph.groups()[target].units;
  block.target_stride = target_stride;
  block.source_stride = source_stride;
  const int64_t size = (block.target_units - 1) * target_stride + (block.source_units - 1) * source_stride + 1;
  auto data = std::make_shared<std::vector<Element>>(size);
  for (Element& element : *data) element = static_cast<Element>(2 * random.Uniform() - 1);
  if constexpr (std::is_same_v<Element, float>) {
    block.float_data = data->data();
  } else {
    block.double_data = data->data();
  }
  block.owner = data;
  return block;
}

/// A sparse block of elements that are random in [-1, 1], some of them stored zeros.
template <typename Element>
Block SparseBlock(const UnitGraph& graph, int source, int target, double density, Random& random) {
  Block block;
  block.source = source;
  block.target = target;
  block.source_units = graph.groups()[source].units;
  block.target_units = graph.groups()[target].units;
  SparseEntries<Element> entries;
  for (int row = 0; row < block.target_units; ++row) {
    for (int column = 0; column < block.source_units; ++column) {
      if (random.Uniform() >= density) continue;
      entries.pattern.columns.push_back(column);
      entries.values.push_back(random.Uniform() < 0.1 ? Element{0} : static_cast<Element>(2 * random.Uniform() - 1));
    }
    entries.pattern.starts.push_back(static_cast<int>(entries.values.size()));
  }
  TakeEntries(std::move(entries), block);
  return block;
}

}  // namespace

UnitGraph Chain(const std::vector<Layer>& layers) {
  std::vector<int> widths{static_cast<int>(layers.front().size())};
  for (const Layer& layer : layers) widths.push_back(static_cast<int>(layer.front().size()));
  return MakeChain(widths, [&](int layer, int target, int source) { return layers[layer][source][target]; });
}

UnitGraph RandomChain(const std::vector<int>& widths, uint64_t seed) {
  Random random(seed);
  return MakeChain(widths, [&](int, int, int) { return 2 * random.Uniform() - 1; });
}

UnitGraph PlantedChain(const std::vector<int>& widths, int parts, double noise, uint64_t seed,
                       std::vector<int>* labels) {
  Random random(seed);
  if (labels != nullptr) {
    labels->clear();
    for (const int width : widths) {
      for (int unit = 0; unit < width; ++unit) labels->push_back(unit % parts);
    }
  }
  return MakeChain(widths, [&](int, int target, int source) {
    return target % parts == source % parts ? 0.5 + 0.5 * random.Uniform() : noise * random.Uniform();
  });
}

UnitGraph MixedGraph(uint64_t seed) {
  Random random(seed);
  UnitGraph graph;
  for (const int units : {37, 601, 70, 9, 5}) AddLinearGroup(graph, units);  // the last stays without edges
  graph.AddBlock(StridedBlock<float>(graph, 0, 1, 37, 1, random));           // rows contiguous
  graph.AddBlock(StridedBlock<double>(graph, 1, 2, 1, 70, random));          // columns contiguous
  graph.AddBlock(StridedBlock<float>(graph, 2, 3, 300, 3, random));          // neither
  graph.AddBlock(StridedBlock<float>(graph, 0, 2, 1, 70, random));           // past a layer
  graph.AddBlock(StridedBlock<double>(graph, 2, 2, 70, 1, random));          // to itself
  Block scaled = StridedBlock<double>(graph, 1, 2, 610, 1, random);
  scaled.target_scale = RandomVector(70, 0, 2, random);
  scaled.source_scale = RandomVector(601, 0, 2, random);
  scaled.source_scale[3] = 0;
  graph.AddBlock(std::move(scaled));
  Block turned = StridedBlock<float>(graph, 1, 3, 1, 9, random);
  turned.target_scale = RandomVector(9, 0, 2, random);
  turned.source_scale = RandomVector(601, 0, 2, random);
  graph.AddBlock(std::move(turned));
  for (const auto& [target_stride, source_stride] : {std::pair(10, 1), std::pair(1, 70)}) {
    Block grouped = StridedBlock<float>(graph, 2, 2, target_stride, source_stride, random);
    grouped.convolution_groups = 7;
    graph.AddBlock(std::move(grouped));
  }
  Block part = StridedBlock<double>(graph, 1, 2, 601, 1, random);
  part.source_offset = 100;
  part.source_units = 61;
  part.target_offset = 10;
  part.target_units = 20;
  graph.AddBlock(std::move(part));
  graph.AddBlock(SparseBlock<float>(graph, 2, 1, 0.1, random));
  graph.AddBlock(SparseBlock<double>(graph, 2, 2, 0.2, random));  // to itself
  Block sparse = SparseBlock<float>(graph, 1, 3, 0.05, random);
  sparse.target_scale = RandomVector(9, 0, 2, random);
  sparse.source_scale = RandomVector(601, 0, 2, random);
  sparse.source_scale[5] = 0;
  sparse.threshold = 0.1;
  graph.AddBlock(std::move(sparse));
  return graph;
}

UnitGraph SignedGraph(uint64_t seed) {
  UnitGraph graph;
  Random random(seed + 1000);
  const auto turns = [&](int count) {
    std::vector<char> result(count);
    for (char& turn : result) turn = random.Uniform() < 0.4 ? 1 : 0;
    return result;
  };
  const UnitGraph mixed = MixedGraph(seed);
  for (const Group& group : mixed.groups()) graph.AddGroup(group);
  int index = 0;
  for (Block block : mixed.blocks()) {
    BlockSigns signs;
    if (index % 3 != 0) signs.target_turns = turns(block.target_units);
    if (index % 3 != 1) signs.source_turns = turns(block.source_units);
    if (index++ % 2 == 0) block.signs = std::make_shared<const BlockSigns>(std::move(signs));
    graph.AddBlock(std::move(block));
  }
  const auto add_norms = [&](int source, int target, int groups, double threshold) {
    const int sources = graph.groups()[source].units;
    const int targets = graph.groups()[target].units;
    BlockSigns signs;
    std::vector<double> norms;
    for (int i = 0; i < targets * sources / groups; ++i) {
      signs.positive.push_back(random.Uniform() < 0.3 ? 0 : random.Uniform());
      signs.negative.push_back(random.Uniform() < 0.3 ? 0 : random.Uniform());
      norms.push_back(std::hypot(signs.positive.back(), signs.negative.back()));
    }
    Block block = OwnedBlock(source, target, sources / groups, targets, std::move(norms));
    block.source_units = sources;
    block.convolution_groups = groups;
    block.threshold = threshold;
    block.target_scale = RandomVector(targets, 0, 2, random);
    block.signs = std::make_shared<const BlockSigns>(std::move(signs));
    graph.AddBlock(std::move(block));
  };
  add_norms(0, 3, 1, 0);
  add_norms(1, 3, 1, 0.5);
  add_norms(2, 2, 7, 0);
  add_norms(2, 2, 7, 0.7);
  return graph;
}

SignedEntry SignedEntryOf(const Block& block, int target, int source) {
  const double magnitude = block.entry(target, source);
  if (magnitude == 0) return {};
  const int part_sources = block.source_units / block.convolution_groups;
  int64_t offset = target * block.target_stride + source % part_sources * block.source_stride;
  if (block.is_sparse()) {
    offset = std::find(block.row_sources + block.row_starts[target], block.row_sources + block.row_starts[target + 1],
                       source) -
             block.row_sources;
  }
  if (block.signs != nullptr && !block.signs->positive.empty()) {
    const double scale = (block.target_scale.empty() ? 1 : block.target_scale[target]) *
                         (block.source_scale.empty() ? 1 : block.source_scale[source]);
    return {block.signs->positive[offset] * scale, block.signs->negative[offset] * scale};
  }
  const double element = block.float_data != nullptr ? block.float_data[offset] : block.double_data[offset];
  bool negative = element < 0;
  if (block.signs != nullptr) {
    const auto turns = [](const std::vector<char>& of_units, int unit) { return !of_units.empty() && of_units[unit]; };
    if (turns(block.signs->target_turns, target)) negative = !negative;
    if (turns(block.signs->source_turns, source)) negative = !negative;
  }
  return negative ? SignedEntry{0, magnitude} : SignedEntry{magnitude, 0};
}

SignedAdjacency DenseSignedAdjacency(const UnitGraph& graph) {
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(graph.units(), graph.units());
  SignedAdjacency adjacency{none, none};
  for (const Block& block : graph.blocks()) {
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        const int row = graph.first_target_unit(block) + target;
        const int column = graph.first_source_unit(block) + source;
        const SignedEntry entry = SignedEntryOf(block, target, source);
        adjacency.positive(row, column) += entry.positive;
        adjacency.positive(column, row) += entry.positive;
        adjacency.negative(row, column) += entry.negative;
        adjacency.negative(column, row) += entry.negative;
      }
    }
  }
  return adjacency;
}

double SignedModularityOf(const SignedAdjacency& adjacency, const std::vector<int>& labels, double resolution) {
  const auto excess = [&](const Eigen::MatrixXd& weights) {
    const Eigen::VectorXd degrees = weights.rowwise().sum();
    const double total = weights.sum();
    double sum = 0;
    for (int i = 0; total > 0 && i < weights.rows(); ++i) {
      for (int j = 0; j < weights.cols(); ++j) {
        if (labels[i] < 0 || labels[i] != labels[j]) continue;
        sum += weights(i, j) - resolution * degrees[i] * degrees[j] / total;
      }
    }
    return sum;
  };
  return (excess(adjacency.positive) - excess(adjacency.negative)) /
         (adjacency.positive.sum() + adjacency.negative.sum());
}

Eigen::MatrixXd DenseAdjacency(const UnitGraph& graph) {
  Eigen::MatrixXd adjacency = Eigen::MatrixXd::Zero(graph.units(), graph.units());
  for (const Block& block : graph.blocks()) {
    for (int target = 0; target < block.target_units; ++target) {
      for (int source = 0; source < block.source_units; ++source) {
        const int row = graph.first_target_unit(block) + target;
        const int column = graph.first_source_unit(block) + source;
        adjacency(row, column) += block.entry(target, source);
        adjacency(column, row) += block.entry(target, source);
      }
    }
  }
  return adjacency;
}

UnitGraph Scaled(const UnitGraph& graph, double factor) {
  UnitGraph scaled;
  for (const Group& group : graph.groups()) scaled.AddGroup(group);
  for (Block block : graph.blocks()) {
    if (block.target_scale.empty()) block.target_scale.assign(block.target_units, 1.0);
    for (double& scale : block.target_scale) scale *= factor;
    block.threshold *= factor;
    scaled.AddBlock(std::move(block));
  }
  return scaled;
}

Permuted PermuteHidden(const UnitGraph& graph, uint64_t seed) {
  Random random(seed);
  Permuted permuted;
  std::vector<std::vector<int>> order;
  for (size_t group = 0; group < graph.groups().size(); ++group) {
    std::vector<int> units(graph.groups()[group].units);
    std::iota(units.begin(), units.end(), 0);
    const bool hidden = group > 0 && group + 1 < graph.groups().size();
    for (int last = static_cast<int>(units.size()) - 1; hidden && last > 0; --last) {
      std::swap(units[last], units[random.Index(last + 1)]);
    }
    for (const int unit : units) permuted.unit_of.push_back(graph.first_unit(static_cast<int>(group)) + unit);
    permuted.graph.AddGroup(graph.groups()[group]);
    order.push_back(std::move(units));
  }
  for (const Block& block : graph.blocks()) {
    std::vector<double> weights;
    for (const int target : order[block.target]) {
      for (const int source : order[block.source]) {
        const SignedEntry entry = SignedEntryOf(block, target, source);
        weights.push_back(entry.positive - entry.negative);
      }
    }
    permuted.graph.AddBlock(
        OwnedBlock(block.source, block.target, block.source_units, block.target_units, std::move(weights)));
  }
  return permuted;
}

std::vector<int> CyclicLabels(int units, int parts) {
  std::vector<int> labels(units);
  for (int unit = 0; unit < units; ++unit) labels[unit] = unit % parts;
  return labels;
}

std::vector<int> Canonical(const std::vector<int>& labels) {
  std::map<int, int> number{{-1, -1}};
  std::vector<int> canonical;
  canonical.reserve(labels.size());
  for (const int label : labels) {
    canonical.push_back(number.try_emplace(label, static_cast<int>(number.size()) - 1).first->second);
  }
  return canonical;
}

}  // namespace modlab::test
