#include "core/community/leiden.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <utility>

#include "core/community/level.h"
#include "core/error.h"
#include "core/measure/measure.h"
#include "core/random.h"

namespace modlab {
namespace {

/// Of 2m: gains below it are rounding.
constexpr double kLeastGain = 1e-14;
/// Clusters that a local move may open beyond those that it was given.
constexpr int kSpareClusters = 64;

/// Numbers labels in order of first appearance, -1 kept; returns how many there are.
int Compact(std::vector<int>& labels) {
  std::vector<int> number(labels.size() + kSpareClusters, -1);
  int count = 0;
  for (int& label : labels) {
    if (label < 0) continue;
    if (number[label] < 0) number[label] = count++;
    label = number[label];
  }
  return count;
}

void Shuffle(std::vector<int>& items, Random& random) {
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.Index(static_cast<int>(i))]);
}

std::vector<int> ShuffledRange(int first, int last, Random& random) {
  std::vector<int> items(last - first);
  std::iota(items.begin(), items.end(), first);
  Shuffle(items, random);
  return items;
}

/// One restart's work on one level.
class LevelSearch {
 public:
  LevelSearch(const Level& level, const ExpectedWeights& expected, double least_gain, Random& random,
              const RunContext& context)
      : level_(level), expected_(expected), least_gain_(least_gain), random_(random), context_(context) {}

  /// Moves nodes to the clusters where they gain most, until none gains any more. Labels are 0 ... clusters - 1, or -1
  /// for nodes that have no edges; so they are afterwards. Returns the number of clusters.
  int MoveNodes(std::vector<int>& labels, int clusters) {
    const int slots = std::min(clusters + kSpareClusters, level_.nodes());
    ClusterStrengths strengths(expected_, labels, slots);
    std::vector<int> sizes(slots, 0);
    for (const int label : labels) {
      if (label >= 0) ++sizes[label];
    }
    std::vector<int> free;
    for (int slot = slots; slot-- > 0;) {
      if (sizes[slot] == 0) free.push_back(slot);
    }
    const int batches = static_cast<int>(level_.batches().size());
    std::vector<char> waits(batches, 1);
    std::vector<int> queue = ShuffledRange(0, batches, random_);
    std::vector<int> next;
    while (!queue.empty()) {
      for (const int index : queue) {
        context_.CheckCancelled();
        waits[index] = 0;
        const Batch& batch = level_.batches()[index];
        SumWeights(batch, labels, slots);
        bool moved = false;
        for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
          if (labels[node] < 0) continue;
          moved = MoveNode(node, WeightsOf(batch, node, slots), slots, strengths, sizes, free, labels) || moved;
        }
        if (!moved) continue;
        level_.ForEachNeighbour(index, [&](int other) {
          if (waits[other] == 0) {
            waits[other] = 1;
            next.push_back(other);
          }
        });
      }
      queue.swap(next);
      next.clear();
      Shuffle(queue, random_);
    }
    return Compact(labels);
  }

  /// Cuts every cluster into parts that are well connected within it: nodes join other ones of their cluster, each at
  /// most once, where they gain by it. Returns the parts' labels, 0 ... , and their number.
  std::pair<std::vector<int>, int> Refine(const std::vector<int>& labels, int clusters) {
    const int nodes = level_.nodes();
    std::vector<int> parts(nodes, -1);
    for (int node = 0; node < nodes; ++node) {
      if (labels[node] >= 0) parts[node] = node;
    }
    const ClusterStrengths of_clusters(expected_, labels, clusters);
    ClusterStrengths of_parts(expected_, parts, nodes);
    std::vector<int> sizes(nodes, 1);
    std::vector<double> outside = WeightsWithinClusters(labels, clusters);  // of each part, to the rest of its cluster
    const auto is_well_connected = [&](int part, int cluster) {
      const double expected = of_parts.Expected(part, of_clusters, cluster) - of_parts.Expected(part, of_parts, part);
      return outside[part] >= expected - least_gain_;
    };
    for (const int index : ShuffledRange(0, static_cast<int>(level_.batches().size()), random_)) {
      context_.CheckCancelled();
      const Batch& batch = level_.batches()[index];
      SumWeights(batch, parts, nodes);
      for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
        const int own = parts[node];
        const int cluster = labels[node];
        if (own != node || sizes[own] > 1 || !is_well_connected(own, cluster)) continue;
        const double* const weights = WeightsOf(batch, node, nodes);
        int best = own;
        double best_gain = least_gain_;
        for (int part = 0; part < nodes; ++part) {
          if (weights[part] <= 0 || part == own || labels[part] != cluster || !is_well_connected(part, cluster))
            continue;
          const double gain = weights[part] - of_parts.Expected(node, part);
          if (gain <= best_gain) continue;
          best = part;
          best_gain = gain;
        }
        if (best == own) continue;
        of_parts.Remove(node, own);
        of_parts.Add(node, best);
        outside[best] += outside[own] - 2 * weights[best];
        --sizes[own];
        ++sizes[best];
        parts[node] = best;
      }
    }
    const int count = Compact(parts);
    return {std::move(parts), count};
  }

 private:
  void SumWeights(const Batch& batch, const std::vector<int>& labels, int slots) {
    weights_.assign(static_cast<size_t>(batch.size()) * slots, 0.0);
    level_.AddWeights(batch, labels, slots, weights_.data());
  }
  const double* WeightsOf(const Batch& batch, int node, int slots) const {
    return weights_.data() + static_cast<size_t>(node - batch.first) * slots;
  }

  bool MoveNode(int node, const double* weights, int slots, ClusterStrengths& strengths, std::vector<int>& sizes,
                std::vector<int>& free, std::vector<int>& labels) {
    const int own = labels[node];
    strengths.Remove(node, own);
    int best = own;
    double best_gain = weights[own] - strengths.Expected(node, own) + least_gain_;
    if (best_gain < 0 && sizes[own] > 1 && !free.empty()) {
      best = free.back();  // better alone
      best_gain = 0;
    }
    for (int cluster = 0; cluster < slots; ++cluster) {
      if (weights[cluster] <= 0 || cluster == own) continue;
      const double gain = weights[cluster] - strengths.Expected(node, cluster);
      if (gain <= best_gain) continue;
      best = cluster;
      best_gain = gain;
    }
    strengths.Add(node, best);
    if (best == own) return false;
    if (!free.empty() && best == free.back()) free.pop_back();
    if (--sizes[own] == 0) free.push_back(own);
    ++sizes[best];
    labels[node] = best;
    return true;
  }

  std::vector<double> WeightsWithinClusters(const std::vector<int>& labels, int clusters) {
    std::vector<double> within(level_.nodes(), 0.0);
    for (const Batch& batch : level_.batches()) {
      context_.CheckCancelled();
      SumWeights(batch, labels, clusters);
      for (int node = batch.first; node < batch.last; ++node) {
        if (labels[node] >= 0) within[node] = WeightsOf(batch, node, clusters)[labels[node]];
      }
    }
    return within;
  }

  const Level& level_;
  const ExpectedWeights& expected_;
  double least_gain_;
  Random& random_;
  const RunContext& context_;
  std::vector<double> weights_;  ///< [node of the batch][cluster]
};

/// Goes through all levels once, from the clusters given.
void Iterate(const Level& units, const ExpectedWeights& expected_of_units, double least_gain, Random& random,
             RunContext& context, std::vector<int>& unit_labels) {
  std::vector<int> node_of = unit_labels;  // of each unit, on the present level
  for (size_t unit = 0; unit < node_of.size(); ++unit) {
    if (node_of[unit] >= 0) node_of[unit] = static_cast<int>(unit);
  }
  std::vector<int> labels = unit_labels;
  int clusters = Compact(labels);
  std::unique_ptr<Level> owned;
  std::unique_ptr<ExpectedWeights> owned_expected;
  const Level* level = &units;
  const ExpectedWeights* expected = &expected_of_units;
  while (true) {
    LevelSearch search(*level, *expected, least_gain, random, context);
    clusters = search.MoveNodes(labels, clusters);
    auto [parts, count] = search.Refine(labels, clusters);
    if (count == level->nodes()) {  // nothing to join: clusters as they are become nodes
      parts = labels;
      count = clusters;
    }
    if (count == level->nodes()) break;
    std::vector<int> of_parts(count, -1);
    for (int node = 0; node < level->nodes(); ++node) {
      if (parts[node] >= 0) of_parts[parts[node]] = labels[node];
    }
    for (int& node : node_of) {
      if (node >= 0) node = parts[node];
    }
    auto next = level->Aggregated(parts, count, context);
    auto next_expected = std::make_unique<ExpectedWeights>(expected->Aggregated(parts, count));
    owned = std::move(next);
    owned_expected = std::move(next_expected);
    level = owned.get();
    expected = owned_expected.get();
    labels = std::move(of_parts);
  }
  for (size_t unit = 0; unit < unit_labels.size(); ++unit) {
    if (node_of[unit] >= 0) unit_labels[unit] = labels[node_of[unit]];
  }
  Compact(unit_labels);
}

/// Where a restart begins: each unit on its own; every second time some random clusters, since there are optima that
/// joining single units does not lead to.
std::vector<int> FirstLabels(const std::vector<int>& components, int restart, Random& random) {
  constexpr int most_clusters = 16;
  const int clusters = 1 + random.Index(most_clusters);
  std::vector<int> labels(components.size(), -1);
  for (size_t unit = 0; unit < labels.size(); ++unit) {
    if (components[unit] >= 0) labels[unit] = restart % 2 == 0 ? static_cast<int>(unit) : random.Index(clusters);
  }
  return labels;
}

double ModularityOf(const UnitGraph& graph, const std::vector<int>& labels, const LeidenOptions& options,
                    RunContext& context) {
  const int clusters = 1 + *std::max_element(labels.begin(), labels.end());
  const ClusterSums sums = SumClusters(graph, labels, clusters, context);
  switch (options.objective) {
    case Objective::kNewman:
      return NewmanModularity(sums, options.resolution);
    case Objective::kDirected:
      return DirectedModularity(sums, options.resolution);
    case Objective::kLayerPair:
      return LayerPairModularity(sums, options.resolution);
  }
  return 0;
}

}  // namespace

LeidenClustering Leiden(const UnitGraph& graph, const LeidenOptions& options, RunContext& context) {
  if (options.restarts < 1 || options.max_iterations < 1) {
    throw Error(ErrorKind::kInvalidOption, "Leiden needs at least one restart and one iteration");
  }
  if (!(options.resolution > 0)) throw Error(ErrorKind::kInvalidOption, "the resolution must be over 0");
  context.Report("leiden", 0.0);
  const std::vector<int> components = ConnectedComponents(graph, context);
  if (std::all_of(components.begin(), components.end(), [](int component) { return component < 0; })) {
    throw Error(ErrorKind::kNoEdges, "the network has no weights other than zero, so its modularity is not defined.");
  }
  const ExpectedWeights expected(graph, options.objective, options.resolution, context);
  const std::unique_ptr<Level> units = MakeUnitLevel(graph);
  const double total = SumClusters(graph, std::vector<int>(graph.units(), -1), 0, context).total;

  std::vector<LeidenClustering> found(options.restarts);
  std::atomic<int> done{0};
  context.ParallelFor(options.restarts, [&](int restart) {
    Random random(options.seed, static_cast<uint64_t>(restart));
    RunContext own;  // one thread, inside a task
    std::vector<int> labels = FirstLabels(components, restart, random);
    LeidenClustering& best = found[restart];
    for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
      Iterate(*units, expected, kLeastGain * total, random, context, labels);
      const double modularity = ModularityOf(graph, labels, options, own);
      if (iteration > 0 && modularity <= best.modularity + 1e-12) break;
      best = {.labels = labels, .clusters = 0, .modularity = modularity};
    }
    context.Report("leiden", static_cast<double>(++done) / options.restarts);
  });
  const auto winner = std::max_element(found.begin(), found.end(),
                                       [](const auto& a, const auto& b) { return a.modularity < b.modularity; });
  winner->clusters = 1 + *std::max_element(winner->labels.begin(), winner->labels.end());
  return std::move(*winner);
}

}  // namespace modlab
