#include "core/community/level_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/community/node_cluster_weights.h"

namespace modlab {
namespace {

/// Of a node's own weights: gains below it are rounding.
constexpr double kLeastGain = 1e-12;
/// Every cluster is looked at for every node where there are at most so many of a node's neighbours to one cluster.
constexpr int kNeighboursForCluster = 4;
/// Up to so many clusters are all looked at where nodes may gain in one that they have no weights to.
constexpr int kMostLookedAt = 4096;
/// Doubles that the sums of all nodes by all clusters may take: 64 MB.
constexpr int64_t kMostSums = 8 << 20;

std::vector<int> ShuffledRange(int first, int last, Random& random) {
  std::vector<int> items(last - first);
  std::iota(items.begin(), items.end(), first);
  random.Shuffle(items);
  return items;
}

/// Moves a node to the cluster where it gains most, the smallest number of equal ones, or alone; whether it has moved.
/// weight_to(cluster) is the sum of its weights to a cluster, `candidates` are those that it may gain in.
template <typename WeightTo>
bool MoveNode(int node, const WeightTo& weight_to, const std::vector<int>& candidates, double least_gain,
              MovingClusters& moving, std::vector<int>& labels) {
  const int own = labels[node];
  moving.Remove(node, own);
  int best = own;
  double best_gain = weight_to(own) - moving.Expected(node, own) + least_gain;
  if (best_gain < 0 && moving.size(own) > 0 && moving.HasFree()) {
    best = moving.Free();
    best_gain = 0;
  }
  for (const int cluster : candidates) {
    if (cluster == own) continue;
    const double gain = weight_to(cluster) - moving.Expected(node, cluster);
    if (gain < best_gain || (gain == best_gain && (best == own || cluster > best))) continue;
    best = cluster;
    best_gain = gain;
  }
  moving.Add(node, best);
  labels[node] = best;
  return best != own;
}

/// The nodes of each cluster, in order.
class ClusterMembers {
 public:
  explicit ClusterMembers(const Labelling& labelling) : members_(labelling.clusters) {
    for (size_t node = 0; node < labelling.labels.size(); ++node) {
      if (labelling.labels[node] >= 0) members_[labelling.labels[node]].push_back(static_cast<int>(node));
    }
  }

  /// Calls take(node, weight) for the weights of a run to nodes of its node's cluster.
  template <typename Take>
  void ForEachOfCluster(const Run& run, const std::vector<int>& labels, const Take& take) const {
    const int cluster = labels[run.node];
    if (cluster < 0) return;
    if (run.others != nullptr) {
      for (int i = 0; i < run.count; ++i) {
        if (labels[run.others[i]] == cluster) take(run.others[i], run.weights[i]);
      }
      return;
    }
    const std::vector<int>& members = members_[cluster];
    const int end = run.first + run.count;
    for (auto member = std::lower_bound(members.begin(), members.end(), run.first);
         member != members.end() && *member < end; ++member) {
      take(*member, run.weights[*member - run.first]);
    }
  }

 private:
  std::vector<std::vector<int>> members_;
};

std::vector<double> WeightsWithinClusters(const Level& level, const std::vector<int>& labels,
                                          const ClusterMembers& members, const RunContext& context) {
  std::vector<double> within(level.nodes(), 0.0);
  for (const Batch& batch : level.batches()) {
    context.CheckCancelled();
    level.ForEachRun(batch, nullptr, [&](const Run& run) {
      members.ForEachOfCluster(run, labels, [&](int, double weight) { within[run.node] += weight; });
    });
  }
  return within;
}

/// Parts of clusters, at first each node on its own: part i has node i.
class Parts {
 public:
  /// `within` is each node's weight to the other ones of its cluster.
  Parts(const ExpectedWeights& expected, const Labelling& labelling, std::vector<double> within)
      : clusters_(labelling.labels),
        part_of_(Singletons(labelling.labels)),
        sizes_(part_of_.size(), 1),
        of_clusters_(expected, labelling.labels, labelling.clusters),
        of_parts_(expected, part_of_, static_cast<int>(part_of_.size())),
        outside_(std::move(within)),
        is_well_connected_(part_of_.size(), 0) {
    for (const int part : part_of_) {
      if (part >= 0) LookAt(part);
    }
  }

  int of(int node) const { return part_of_[node]; }
  /// Whether the node has joined no other and none has joined it.
  bool IsAlone(int node) const { return part_of_[node] == node && sizes_[node] == 1; }
  /// Whether at least as much weight as expected joins a part with the rest of its cluster.
  bool IsWellConnected(int part) const { return is_well_connected_[part] != 0; }
  double Expected(int node, int part) const { return of_parts_.Expected(node, part); }

  /// A node that is alone joins a part that it has so much weight to.
  void Join(int node, int part, double weight) {
    of_parts_.Remove(node, node);
    of_parts_.Add(node, part);
    outside_[part] += outside_[node] - 2 * weight;
    --sizes_[node];
    ++sizes_[part];
    part_of_[node] = part;
    LookAt(part);
  }

  /// The part of each node.
  std::vector<int> Release() { return std::move(part_of_); }

 private:
  static std::vector<int> Singletons(const std::vector<int>& labels) {
    std::vector<int> parts(labels.size());
    for (size_t node = 0; node < labels.size(); ++node) parts[node] = labels[node] < 0 ? -1 : static_cast<int>(node);
    return parts;
  }

  void LookAt(int part) {
    const double expected =
        of_parts_.Expected(part, of_clusters_, clusters_[part]) - of_parts_.Expected(part, of_parts_, part);
    is_well_connected_[part] =
        outside_[part] >= expected - kLeastGain * (std::abs(outside_[part]) + std::abs(expected)) ? 1 : 0;
  }

  const std::vector<int>& clusters_;  ///< Of the nodes, and so of their parts.
  std::vector<int> part_of_;
  std::vector<int> sizes_;
  ClusterStrengths of_clusters_;
  ClusterStrengths of_parts_;
  std::vector<double> outside_;  ///< Of each part, to the rest of its cluster.
  std::vector<char> is_well_connected_;
};

}  // namespace

double LevelSearch::LeastGain(int node) const { return kLeastGain * expected_.strength(node); }

bool LevelSearch::AreFew(int clusters) const {
  const int64_t nodes = level_.nodes();
  return kNeighboursForCluster * clusters * nodes <= level_.entries() && clusters * nodes <= kMostSums;
}

void LevelSearch::MoveNodes(Labelling& labelling) {
  within_.clear();
  if (!AreFew(labelling.clusters)) MoveByQueue(labelling);
  if (AreFew(labelling.clusters)) MoveBySweeps(labelling);
}

/// Sums the weights of each node by cluster anew whenever one of its neighbours has moved. Until none gains any more,
/// or clusters are few.
void LevelSearch::MoveByQueue(Labelling& labelling) {
  const int batches = static_cast<int>(level_.batches().size());
  std::vector<int> queue = ShuffledRange(0, batches, random_);
  while (!queue.empty() && !AreFew(labelling.clusters)) {
    // Far fewer clusters than there were: what is summed by cluster fits the cache again.
    MovingClusters moving(expected_, labelling.labels, labelling.clusters);
    std::vector<char> waits(batches, 0);
    for (const int index : queue) waits[index] = 1;
    while (!queue.empty() && 2 * static_cast<int>(moving.occupied().size()) >= labelling.clusters) {
      queue = MoveOnce(queue, waits, labelling.labels, moving);
    }
    labelling = InOrderOfAppearance(std::move(labelling.labels));
  }
}

/// Looks at each batch of the queue once; returns those that have to be looked at again, in a random order.
std::vector<int> LevelSearch::MoveOnce(const std::vector<int>& queue, std::vector<char>& waits,
                                       std::vector<int>& labels, MovingClusters& moving) {
  std::vector<int> next;
  const bool looks_at_all = expected_.is_signed() && moving.slots() <= kMostLookedAt;
  for (const int index : queue) {
    context_.CheckCancelled();
    waits[index] = 0;
    const Batch& batch = level_.batches()[index];
    SumByCluster(level_, batch, labels, moving.slots(), weights_);
    bool moved = false;
    for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
      if (labels[node] < 0) continue;
      const int in_batch = node - batch.first;
      const std::vector<int>& candidates = looks_at_all ? moving.occupied() : weights_.clusters_of(in_batch);
      moved = MoveNode(
                  node, [&](int cluster) { return weights_(in_batch, cluster); }, candidates, LeastGain(node), moving,
                  labels) ||
              moved;
    }
    if (moved) level_.CollectNeighbours(index, waits, next);
  }
  random_.Shuffle(next);
  return next;
}

/// Keeps the sums of all nodes by cluster up to date and looks at all of them until none has moved.
void LevelSearch::MoveBySweeps(Labelling& labelling) {
  std::vector<int>& labels = labelling.labels;
  MovingClusters moving(expected_, labels, labelling.clusters);
  NodeClusterWeights sums(level_, labels, moving.slots(), context_);
  std::vector<char> has_moved;
  std::vector<int> labels_before;
  bool any = true;
  while (any) {
    any = false;
    for (const int index : ShuffledRange(0, static_cast<int>(level_.batches().size()), random_)) {
      context_.CheckCancelled();
      const Batch& batch = level_.batches()[index];
      has_moved.assign(batch.size(), 0);
      labels_before.assign(labels.begin() + batch.first, labels.begin() + batch.last);
      bool any_of_batch = false;
      for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
        if (labels[node] < 0) continue;
        const bool moved = MoveNode(
            node, [&](int cluster) { return sums(node, cluster); }, moving.occupied(), LeastGain(node), moving, labels);
        has_moved[node - batch.first] = moved ? 1 : 0;
        any_of_batch = any_of_batch || moved;
      }
      if (!any_of_batch) continue;
      any = true;
      level_.ForEachRun(batch, has_moved.data(), [&](const Run& run) {
        sums.Move(run, labels_before[run.node - batch.first], labels[run.node]);
      });
    }
  }
  within_.assign(level_.nodes(), 0.0);
  for (int node = 0; node < level_.nodes(); ++node) {
    if (labels[node] >= 0) within_[node] = sums(node, labels[node]);
  }
  labelling = InOrderOfAppearance(std::move(labels));
}

Labelling LevelSearch::Refine(const Labelling& labelling) {
  const std::vector<int>& labels = labelling.labels;
  const ClusterMembers members(labelling);
  if (within_.empty()) within_ = WeightsWithinClusters(level_, labels, members, context_);
  Parts parts(expected_, labelling, std::move(within_));
  for (const int index : ShuffledRange(0, static_cast<int>(level_.batches().size()), random_)) {
    context_.CheckCancelled();
    const Batch& batch = level_.batches()[index];
    weights_.Reset(batch.size(), level_.nodes());
    level_.ForEachRun(batch, nullptr, [&](const Run& run) {
      members.ForEachOfCluster(run, labels, [&](int other, double weight) {
        weights_.Add(run.node - batch.first, parts.of(other), weight);
      });
    });
    for (const int node : ShuffledRange(batch.first, batch.last, random_)) {
      if (!parts.IsAlone(node) || !parts.IsWellConnected(node)) continue;
      const int in_batch = node - batch.first;
      int best = node;
      double best_gain = LeastGain(node);
      for (const int part : weights_.clusters_of(in_batch)) {
        if (!parts.IsWellConnected(part)) continue;
        const double gain = weights_(in_batch, part) - parts.Expected(node, part);
        if (gain < best_gain || (gain == best_gain && part > best)) continue;
        best = part;
        best_gain = gain;
      }
      if (best != node) parts.Join(node, best, weights_(in_batch, best));
    }
  }
  return InOrderOfAppearance(parts.Release());
}

}  // namespace modlab
