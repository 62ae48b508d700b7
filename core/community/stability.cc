#include "core/community/stability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include "core/community/comparison.h"
#include "core/graph/block_rows.h"
#include "core/graph/sparse_entries.h"
#include "core/random.h"

namespace modlab {
namespace {

/// Of a matrix that is kept whole.
constexpr int kMostNodes = 4096;
/// Units that are together less often are not joined.
constexpr double kLeastShare = 0.5;
constexpr int kMostRounds = 50;

Spread SpreadOf(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  Spread spread;
  for (const double value : values) spread.mean += value / count;
  if (values.size() > 1) {
    double squares = 0;
    for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
    spread.sd = std::sqrt(squares / (count - 1));
  }
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  spread.least = *least;
  spread.most = *most;
  return spread;
}

/// In how large a part of the runs two units are together.
double Share(const std::vector<Labelling>& runs, int unit, int other) {
  const auto together = std::count_if(runs.begin(), runs.end(), [&](const Labelling& run) {
    return run.labels[unit] >= 0 && run.labels[unit] == run.labels[other];
  });
  return static_cast<double>(together) / static_cast<double>(runs.size());
}

bool AllEqual(const std::vector<Labelling>& runs) {
  const std::vector<int> first = InOrderOfAppearance(runs.front().labels).labels;
  return std::all_of(runs.begin() + 1, runs.end(),
                     [&](const Labelling& run) { return InOrderOfAppearance(run.labels).labels == first; });
}

/// Units that are together in every run, as one node.
struct Nodes {
  explicit Nodes(const std::vector<Labelling>& runs) {
    std::map<std::vector<int>, int> node_of_labels;
    const int units = static_cast<int>(runs.front().labels.size());
    node_of.assign(units, -1);
    std::vector<int> labels(runs.size());
    for (int unit = 0; unit < units; ++unit) {
      if (runs.front().labels[unit] < 0) continue;
      for (size_t run = 0; run < runs.size(); ++run) labels[run] = runs[run].labels[unit];
      const auto [node, is_new] = node_of_labels.try_emplace(labels, static_cast<int>(units_of.size()));
      if (is_new) {
        units_of.push_back(0);
        example.push_back(unit);
      }
      node_of[unit] = node->second;
      ++units_of[node->second];
    }
  }
  int count() const { return static_cast<int>(units_of.size()); }

  std::vector<int> node_of;   ///< Per unit; -1 for units without a cluster.
  std::vector<int> units_of;  ///< Per node: how many.
  std::vector<int> example;   ///< Per node: one of its units.
};

/// Weights between nodes are shares, once for every ordered pair of their units; those that are too small only where a
/// node has no larger one.
UnitGraph NodeGraph(const Nodes& nodes, const std::vector<Labelling>& runs, const RunContext& context) {
  const int count = nodes.count();
  std::vector<double> weights(static_cast<size_t>(count) * count, 0.0);
  const auto weight = [&](int a, int b) -> double& {
    return weights[static_cast<size_t>(std::max(a, b)) * count + std::min(a, b)];
  };
  for (int node = 0; node < count; ++node) {
    context.CheckCancelled();
    for (int other = 0; other < node; ++other) {
      weight(node, other) = Share(runs, nodes.example[node], nodes.example[other]);
    }
  }
  std::vector<double> largest(count, 0.0);
  for (int node = 0; node < count; ++node) {
    for (int other = 0; other < count; ++other) {
      if (other != node) largest[node] = std::max(largest[node], weight(node, other));
    }
  }
  for (int node = 0; node < count; ++node) {
    const double units = nodes.units_of[node];
    for (int other = 0; other < node; ++other) {
      double& share = weight(node, other);
      if (share < kLeastShare && share < largest[node] && share < largest[other]) share = 0;
      share *= units * nodes.units_of[other];
    }
    weight(node, node) = units * units / 2;  // with itself, too: a node that agrees with no other one has edges
  }
  UnitGraph graph;
  graph.AddGroup({.name = "consensus", .operation = "", .units = count});
  graph.AddBlock(OwnedBlock(0, 0, count, count, std::move(weights)));
  return graph;
}

/// The graph's edges with shares as their weights; which end is the source does not matter for what it is for. Errors:
/// std::bad_alloc where a block has 2^31 of them.
UnitGraph EdgeGraph(const UnitGraph& graph, const std::vector<Labelling>& runs, const RunContext& context) {
  UnitGraph joined;
  for (const Group& group : graph.groups()) joined.AddGroup(group);
  for (const Block& block : graph.blocks()) {
    const BlockRows rows(graph, block);
    SparseEntries<float> shares;
    std::vector<double> weights;
    for (int row = 0; row < rows.rows(); ++row) {
      context.CheckCancelled();
      rows.EntriesOf(row, weights).ForEach([&](int column, double weight) {
        if (weight == 0) return;
        const double share = Share(runs, rows.first_row_unit() + row, rows.first_column_unit() + column);
        if (share < kLeastShare) return;
        shares.pattern.columns.push_back(column);
        shares.values.push_back(static_cast<float>(share));
      });
      if (shares.values.size() > static_cast<size_t>(std::numeric_limits<int>::max())) throw std::bad_alloc();
      shares.pattern.starts.push_back(static_cast<int>(shares.values.size()));
    }
    shares.pattern.columns.shrink_to_fit();
    shares.values.shrink_to_fit();
    Block added;
    added.source = rows.rows_are_sources() ? block.target : block.source;
    added.target = rows.rows_are_sources() ? block.source : block.target;
    added.source_offset = rows.rows_are_sources() ? block.target_offset : block.source_offset;
    added.target_offset = rows.rows_are_sources() ? block.source_offset : block.target_offset;
    added.source_units = rows.columns();
    added.target_units = rows.rows();
    TakeEntries(std::move(shares), added);
    joined.AddBlock(std::move(added));
  }
  return joined;
}

/// Runs on the graph, each node or unit that `find` gives no cluster in a cluster of its own.
std::vector<Labelling> FindOften(const UnitGraph& graph, const Clusterer& find, size_t times, uint32_t seed,
                                 RunContext& context) {
  std::vector<Labelling> found(times);
  context.ParallelFor(static_cast<int>(times), [&](int run) {
    RunContext own(&context);
    found[run] = find(graph, Random::DerivedSeed(seed, static_cast<uint64_t>(run)), own);
    for (int& label : found[run].labels) {
      if (label < 0) label = found[run].clusters++;
    }
  });
  return found;
}

}  // namespace

Stability CompareRuns(const std::vector<Labelling>& runs, RunContext& context) {
  if (runs.size() < 2) throw std::logic_error("one partition has nothing to agree with");
  std::vector<std::pair<size_t, size_t>> pairs;
  for (size_t first = 0; first < runs.size(); ++first) {
    for (size_t second = first + 1; second < runs.size(); ++second) pairs.emplace_back(first, second);
  }
  std::vector<double> rand(pairs.size());
  std::vector<double> normalized(pairs.size());
  std::vector<double> adjusted(pairs.size());
  std::vector<double> variation(pairs.size());
  context.ParallelFor(static_cast<int>(pairs.size()), [&](int i) {
    const auto comparison = ComparePartitions(runs[pairs[i].first].labels, runs[pairs[i].second].labels);
    rand[i] = comparison.adjusted_rand_index;
    normalized[i] = comparison.normalized_mutual_information;
    adjusted[i] = comparison.adjusted_mutual_information;
    variation[i] = comparison.variation_of_information;
  });
  return {SpreadOf(rand), SpreadOf(normalized), SpreadOf(adjusted), SpreadOf(variation)};
}

Labelling Consensus(const UnitGraph& graph, std::vector<Labelling> runs, const Clusterer& find, uint32_t seed,
                    RunContext& context) {
  if (runs.empty()) throw std::logic_error("there is no consensus of no partitions");
  for (int round = 0; round < kMostRounds && !AllEqual(runs); ++round) {
    context.Report("consensus");
    const uint32_t round_seed = Random::DerivedSeed(seed, static_cast<uint64_t>(round));
    const Nodes nodes(runs);
    const bool by_node = nodes.count() <= kMostNodes;
    const UnitGraph shares = by_node ? NodeGraph(nodes, runs, context) : EdgeGraph(graph, runs, context);
    const std::vector<Labelling> found = FindOften(shares, find, runs.size(), round_seed, context);
    for (size_t run = 0; run < runs.size(); ++run) {
      for (size_t unit = 0; unit < nodes.node_of.size(); ++unit) {
        const int node = nodes.node_of[unit];
        if (node >= 0) runs[run].labels[unit] = found[run].labels[by_node ? node : static_cast<int>(unit)];
      }
    }
  }
  return InOrderOfAppearance(std::move(runs.front().labels));
}

}  // namespace modlab
