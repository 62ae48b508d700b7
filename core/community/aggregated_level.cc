#include "core/community/aggregated_level.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/community/cluster_weights.h"
#include "core/community/stored_level.h"

namespace modlab {
namespace {

/// Up to so many entries weights are stored as a matrix.
constexpr int64_t kLargestMatrix = 8 << 20;
/// With so many times as many weights below as may be listed, there are mostly more than that.
constexpr int64_t kWeightsForOne = 8;
/// Nodes whose lists are made together.
constexpr int kNodesAtOnce = 256;

/// Nodes are clusters of another level's; their weights are summed whenever they are read.
class SummedLevel final : public Level {
 public:
  /// The level must not be one of these.
  SummedLevel(std::shared_ptr<const Level> level, std::vector<int> labels, int clusters)
      : level_(std::move(level)), labels_(std::move(labels)), members_(clusters) {
    for (int node = 0; node < level_->nodes(); ++node) {
      if (labels_[node] >= 0) members_[labels_[node]].push_back(node);
    }
    batches_.reserve(clusters);
    for (int cluster = 0; cluster < clusters; ++cluster) batches_.push_back({cluster, cluster + 1});
  }

  int nodes() const override { return static_cast<int>(members_.size()); }
  const std::vector<Batch>& batches() const override { return batches_; }
  int64_t entries() const override { return level_->entries(); }

  void ForEachRun(const Batch& batch, const char* wanted, const std::function<void(const Run&)>& take) const override {
    ClusterWeights sums;
    std::vector<char> is_known(nodes(), 0);
    std::vector<int> others;
    std::vector<double> weights;
    for (int node = batch.first; node < batch.last; ++node) {
      if (wanted != nullptr && wanted[node - batch.first] == 0) continue;
      sums.Reset(1, nodes());
      ForEachWeight(node, [&](int other, double weight) { sums.Add(0, other, weight); });
      others.clear();
      weights.clear();
      for (const int other : sums.clusters_of(0)) {  // signed weights may have one twice
        if (is_known[other] != 0) continue;
        is_known[other] = 1;
        others.push_back(other);
        weights.push_back(sums(0, other));
      }
      for (const int other : others) is_known[other] = 0;
      take(
          {.node = node, .others = others.data(), .count = static_cast<int>(others.size()), .weights = weights.data()});
    }
  }

  void CollectNeighbours(int batch, std::vector<char>& marked, std::vector<int>& batches) const override {
    ForEachWeight(batch, [&](int other, double) {
      if (marked[other] != 0) return;
      marked[other] = 1;
      batches.push_back(other);
    });
  }

  /// The level that these nodes are clusters of, and each of its nodes' cluster.
  const std::shared_ptr<const Level>& level() const { return level_; }
  const std::vector<int>& labels() const { return labels_; }

 private:
  /// Calls take(other node, weight) for the weights of a node's members that are not to members of its own.
  template <typename Take>
  void ForEachWeight(int node, const Take& take) const {
    for (const int member : members_[node]) {
      level_->ForEachRun({member, member + 1}, nullptr, [&](const Run& run) {
        for (int i = 0; i < run.count; ++i) {
          const int other = labels_[run.other(i)];
          if (other >= 0 && other != node) take(other, run.weights[i]);
        }
      });
    }
  }

  std::shared_ptr<const Level> level_;
  std::vector<int> labels_;
  std::vector<std::vector<int>> members_;
  std::vector<Batch> batches_;
};

std::shared_ptr<const Level> AggregateToMatrix(const Level& level, std::vector<int> labels, int clusters,
                                               const RunContext& context) {
  for (int& label : labels) label = std::max(label, 0);  // of nodes that have nothing to add
  std::vector<double> matrix(static_cast<size_t>(clusters) * clusters, 0.0);
  for (const Batch& batch : level.batches()) {
    context.CheckCancelled();
    level.ForEachRun(batch, nullptr, [&](const Run& run) {
      double* const sums = matrix.data() + static_cast<size_t>(labels[run.node]) * clusters;
      if (run.others == nullptr) {
        const int* const others = labels.data() + run.first;
        for (int i = 0; i < run.count; ++i) sums[others[i]] += run.weights[i];
      } else {
        for (int i = 0; i < run.count; ++i) sums[labels[run.others[i]]] += run.weights[i];
      }
    });
  }
  for (int cluster = 0; cluster < clusters; ++cluster) matrix[static_cast<size_t>(cluster) * (clusters + 1)] = 0;
  return std::make_shared<StoredLevel>(clusters, std::move(matrix));
}

/// The level's clusters as nodes.
std::shared_ptr<const SummedLevel> SumOf(std::shared_ptr<const Level> level, const std::vector<int>& labels,
                                         int clusters) {
  const auto* const summed = dynamic_cast<const SummedLevel*>(level.get());
  if (summed == nullptr) return std::make_shared<SummedLevel>(std::move(level), labels, clusters);
  std::vector<int> of_members = summed->labels();
  for (int& label : of_members) {
    if (label >= 0) label = labels[label];
  }
  return std::make_shared<SummedLevel>(summed->level(), std::move(of_members), clusters);
}

/// The sums in lists; null where they are too many.
std::shared_ptr<const Level> Store(const SummedLevel& level, int64_t most, const RunContext& context) {
  if (level.entries() > kWeightsForOne * most) return nullptr;
  auto stored = std::make_shared<StoredLevel>(level.nodes());
  for (int first = 0; first < level.nodes(); first += kNodesAtOnce) {
    context.CheckCancelled();
    const Batch batch = {first, std::min(first + kNodesAtOnce, level.nodes())};
    level.ForEachRun(batch, nullptr, [&](const Run& run) {
      if (stored->entries() <= most) stored->Add(run);
    });
    if (stored->entries() > most) return nullptr;
  }
  stored->ShrinkToFit();
  return stored;
}

}  // namespace

std::shared_ptr<const Level> Aggregate(std::shared_ptr<const Level> level, const std::vector<int>& labels, int clusters,
                                       const RunContext& context, int64_t most_listed) {
  if (int64_t{clusters} * clusters <= kLargestMatrix) return AggregateToMatrix(*level, labels, clusters, context);
  const std::shared_ptr<const SummedLevel> summed = SumOf(std::move(level), labels, clusters);
  if (auto stored = Store(*summed, most_listed, context)) return stored;
  return summed;
}

}  // namespace modlab
