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

/// Of a node's own weights: gains below it are rounding.
constexpr double kLeastGain = 1e-12;
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

std::vector<int> ShuffledRange(int first, int last, Random& random) {
  std::vector<int> items(last - first);
  std::iota(items.begin(), items.end(), first);
  random.Shuffle(items);
  return items;
}

/// Clusters that nodes move between: their strengths and sizes, and some empty ones for nodes that are better alone.
class MovingClusters {
 public:
  MovingClusters(const ExpectedWeights& expected, const std::vector<int>& labels, int clusters)
      : sizes_(std::min(clusters + kSpareClusters, expected.nodes()), 0),
        strengths_(expected, labels, static_cast<int>(sizes_.size())) {
    for (const int label : labels) {
      if (label >= 0) ++sizes_[label];
    }
    for (int slot = slots(); slot-- > 0;) {
      if (sizes_[slot] == 0) free_.push_back(slot);
    }
  }

  int slots() const { return static_cast<int>(sizes_.size()); }
  /// Those that are not empty.
  int count() const { return slots() - static_cast<int>(free_.size()); }
  int size(int cluster) const { return sizes_[cluster]; }
  bool HasFree() const { return !free_.empty(); }
  int Free() const { return free_.back(); }
  double Expected(int node, int cluster) const { return strengths_.Expected(node, cluster); }

  /// Its cluster stays the node's until it is added to one, so it is not free before.
  void Remove(int node, int cluster) {
    strengths_.Remove(node, cluster);
    --sizes_[cluster];
    left_ = cluster;
  }
  void Add(int node, int cluster) {
    strengths_.Add(node, cluster);
    if (cluster != left_ && sizes_[cluster] == 0) free_.pop_back();
    ++sizes_[cluster];
    if (cluster != left_ && sizes_[left_] == 0) free_.push_back(left_);
  }

 private:
  std::vector<int> sizes_;
  ClusterStrengths strengths_;
  std::vector<int> free_;
  int left_ = -1;
};

/// One restart's work on one level.
class LevelSearch {
 public:
  LevelSearch(const Level& level, const ExpectedWeights& expected, Random& random, const RunContext& context)
      : level_(level), expected_(expected), random_(random), context_(context) {}

  /// Moves nodes to the clusters where they gain most, until none gains any more. Labels are 0 ... clusters - 1, or -1
  /// for nodes that have no edges; so they are afterwards. Returns the number of clusters.
  int MoveNodes(std::vector<int>& labels, int clusters) {
    const int batches = static_cast<int>(level_.batches().size());
    std::vector<int> queue = ShuffledRange(0, batches, random_);
    while (!queue.empty()) {
      // Far fewer clusters than there were: what is summed by cluster fits the cache again.
      MovingClusters moving(expected_, labels, clusters);
      std::vector<char> waits(batches, 0);
      for (const int index : queue) waits[index] = 1;
      while (!queue.empty() && 2 * moving.count() >= clusters) {
        queue = MoveOnce(queue, waits, labels, moving);
      }
      clusters = Compact(labels);
    }
    return clusters;
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
      return outside[part] >= expected - kLeastGain * (outside[part] + expected);
    };
    for (const int index : ShuffledRange(0, static_cast<int>(level_.batches().size()), random_)) {
      context_.CheckCancelled();
      const Batch& batch = level_.batches()[index];
      SumWeights(batch, parts, nodes);
      for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
        const int own = parts[node];
        const int cluster = labels[node];
        if (own != node || sizes[own] > 1 || !is_well_connected(own, cluster)) continue;
        const int in_batch = node - batch.first;
        int best = own;
        double best_gain = LeastGain(node);
        for (const int part : weights_.clusters_of(in_batch)) {
          if (part == own || labels[part] != cluster || !is_well_connected(part, cluster)) continue;
          const double gain = weights_(in_batch, part) - of_parts.Expected(node, part);
          if (gain < best_gain || (gain == best_gain && part > best)) continue;
          best = part;
          best_gain = gain;
        }
        if (best == own) continue;
        of_parts.Remove(node, own);
        of_parts.Add(node, best);
        outside[best] += outside[own] - 2 * weights_(in_batch, best);
        --sizes[own];
        ++sizes[best];
        parts[node] = best;
      }
    }
    const int count = Compact(parts);
    return {std::move(parts), count};
  }

 private:
  double LeastGain(int node) const { return kLeastGain * expected_.strength(node); }

  void SumWeights(const Batch& batch, const std::vector<int>& labels, int clusters) {
    weights_.Reset(batch.size(), clusters);
    level_.AddWeights(batch, labels, weights_);
  }

  /// Looks at each batch of the queue once; returns those that have to be looked at again, in a random order.
  std::vector<int> MoveOnce(const std::vector<int>& queue, std::vector<char>& waits, std::vector<int>& labels,
                            MovingClusters& moving) {
    std::vector<int> next;
    for (const int index : queue) {
      context_.CheckCancelled();
      waits[index] = 0;
      const Batch& batch = level_.batches()[index];
      SumWeights(batch, labels, moving.slots());
      bool moved = false;
      for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
        if (labels[node] >= 0) moved = MoveNode(node, node - batch.first, moving, labels) || moved;
      }
      if (!moved) continue;
      level_.ForEachNeighbour(index, [&](int other) {
        if (waits[other] == 0) {
          waits[other] = 1;
          next.push_back(other);
        }
      });
    }
    random_.Shuffle(next);
    return next;
  }

  /// To the cluster where it gains most, the smallest number of equal ones, or alone; whether it has moved.
  bool MoveNode(int node, int in_batch, MovingClusters& moving, std::vector<int>& labels) {
    const int own = labels[node];
    moving.Remove(node, own);
    int best = own;
    double best_gain = weights_(in_batch, own) - moving.Expected(node, own) + LeastGain(node);
    if (best_gain < 0 && moving.size(own) > 0 && moving.HasFree()) {
      best = moving.Free();
      best_gain = 0;
    }
    for (const int cluster : weights_.clusters_of(in_batch)) {
      if (cluster == own) continue;
      const double gain = weights_(in_batch, cluster) - moving.Expected(node, cluster);
      if (gain < best_gain || (gain == best_gain && (best == own || cluster > best))) continue;
      best = cluster;
      best_gain = gain;
    }
    moving.Add(node, best);
    labels[node] = best;
    return best != own;
  }

  std::vector<double> WeightsWithinClusters(const std::vector<int>& labels, int clusters) {
    std::vector<double> within(level_.nodes(), 0.0);
    for (const Batch& batch : level_.batches()) {
      context_.CheckCancelled();
      SumWeights(batch, labels, clusters);
      for (int node = batch.first; node < batch.last; ++node) {
        if (labels[node] >= 0) within[node] = weights_(node - batch.first, labels[node]);
      }
    }
    return within;
  }

  const Level& level_;
  const ExpectedWeights& expected_;
  Random& random_;
  const RunContext& context_;
  ClusterWeights weights_;
};

/// Goes through all levels once, from the clusters given.
void Iterate(const Level& units, const ExpectedWeights& expected_of_units, Random& random, RunContext& context,
             std::vector<int>& unit_labels) {
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
    LevelSearch search(*level, *expected, random, context);
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
  return Modularity(SumClusters(graph, labels, clusters, context), options.objective, options.resolution);
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

  std::vector<LeidenClustering> found(options.restarts);
  std::atomic<int> done{0};
  context.ParallelFor(options.restarts, [&](int restart) {
    Random random(options.seed, static_cast<uint64_t>(restart));
    RunContext own(&context);
    std::vector<int> labels = FirstLabels(components, restart, random);
    LeidenClustering& best = found[restart];
    for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
      Iterate(*units, expected, random, context, labels);
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
