#include "core/community/level.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace modlab {
namespace {

/// So many columns of a row-major block are read together: a cache line of floats.
constexpr int kBatchUnits = 16;
/// Up to so many clusters their weights are summed in a full matrix.
constexpr int kLargestMatrix = 4096;

/// Nodes that are left after an aggregation, with an edge list.
class SparseLevel final : public Level {
 public:
  struct Edge {
    int node = 0;
    double weight = 0;
  };

  /// `edges` of each node, without those to itself.
  explicit SparseLevel(std::vector<std::vector<Edge>> edges) : edges_(std::move(edges)) {
    for (int node = 0; node < nodes(); ++node) batches_.push_back({node, node + 1});
  }

  int nodes() const override { return static_cast<int>(edges_.size()); }
  const std::vector<Batch>& batches() const override { return batches_; }

  void AddWeights(const Batch& batch, const std::vector<int>& labels, ClusterWeights& sums) const override {
    for (const Edge& edge : edges_[batch.first]) {
      if (labels[edge.node] >= 0) sums.Add(0, labels[edge.node], edge.weight);
    }
  }

  void ForEachNeighbour(int batch, const std::function<void(int)>& touch) const override {
    for (const Edge& edge : edges_[batch]) touch(edge.node);
  }

  std::unique_ptr<Level> Aggregated(const std::vector<int>& labels, int clusters, RunContext& context) const override {
    std::vector<std::vector<int>> members(clusters);
    for (int node = 0; node < nodes(); ++node) {
      if (labels[node] >= 0) members[labels[node]].push_back(node);
    }
    std::vector<std::vector<Edge>> edges(clusters);
    std::vector<double> sums(clusters, 0.0);
    std::vector<int> seen;
    for (int cluster = 0; cluster < clusters; ++cluster) {
      context.CheckCancelled();
      for (const int node : members[cluster]) {
        for (const Edge& edge : edges_[node]) {
          const int other = labels[edge.node];
          if (other < 0 || other == cluster) continue;
          if (sums[other] == 0) seen.push_back(other);
          sums[other] += edge.weight;
        }
      }
      std::sort(seen.begin(), seen.end());
      for (const int other : seen) {
        edges[cluster].push_back({other, sums[other]});
        sums[other] = 0;
      }
      seen.clear();
    }
    return std::make_unique<SparseLevel>(std::move(edges));
  }

 private:
  std::vector<std::vector<Edge>> edges_;
  std::vector<Batch> batches_;
};

/// Sums of weights between clusters, both directions.
class ClusterMatrix {
 public:
  explicit ClusterMatrix(int clusters) : clusters_(clusters) {
    if (clusters <= kLargestMatrix) dense_.assign(static_cast<size_t>(clusters) * clusters, 0.0);
  }

  void Add(int a, int b, double weight) {
    if (a == b || weight == 0) return;
    if (a > b) std::swap(a, b);
    const uint64_t entry = static_cast<uint64_t>(a) * clusters_ + b;
    (dense_.empty() ? sparse_[entry] : dense_[entry]) += weight;
  }

  std::vector<std::vector<SparseLevel::Edge>> Edges() const {
    std::vector<std::vector<SparseLevel::Edge>> edges(clusters_);
    const auto add = [&](uint64_t entry, double weight) {
      const int a = static_cast<int>(entry / clusters_);
      const int b = static_cast<int>(entry % clusters_);
      edges[a].push_back({b, weight});
      edges[b].push_back({a, weight});
    };
    for (uint64_t entry = 0; entry < dense_.size(); ++entry) {
      if (dense_[entry] != 0) add(entry, dense_[entry]);
    }
    for (const auto& [entry, weight] : sparse_) add(entry, weight);
    for (auto& of_node : edges) {
      std::sort(of_node.begin(), of_node.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
    }
    return edges;
  }

 private:
  int clusters_;
  std::vector<double> dense_;
  std::unordered_map<uint64_t, double> sparse_;
};

class UnitLevel final : public Level {
 public:
  explicit UnitLevel(const UnitGraph& graph) : graph_(graph), rows_(graph), of_group_(graph.groups().size()) {
    const int groups = static_cast<int>(graph.groups().size());
    std::vector<std::vector<char>> joined(groups, std::vector<char>(groups, 0));
    for (size_t index = 0; index < rows_.blocks.size(); ++index) {
      const Block& block = graph.blocks()[index];
      const bool rows_are_sources = rows_.blocks[index].rows_are_sources();
      of_group_[rows_are_sources ? block.source : block.target].push_back({static_cast<int>(index), true});
      of_group_[rows_are_sources ? block.target : block.source].push_back({static_cast<int>(index), false});
      joined[block.source][block.target] = joined[block.target][block.source] = 1;
    }
    std::vector<Batch> group_batches(groups);
    for (int group = 0; group < groups; ++group) {
      const int step = joined[group][group] != 0 ? 1 : kBatchUnits;
      const int end = graph.first_unit(group) + graph.groups()[group].units;
      group_batches[group].first = static_cast<int>(batches_.size());
      for (int first = graph.first_unit(group); first < end; first += step) {
        batches_.push_back({first, std::min(first + step, end)});
        group_of_.push_back(group);
      }
      group_batches[group].last = static_cast<int>(batches_.size());
    }
    neighbours_.resize(groups);
    for (int group = 0; group < groups; ++group) {
      for (int other = 0; other < groups; ++other) {
        if (joined[group][other] != 0) neighbours_[group].push_back(group_batches[other]);
      }
    }
  }

  int nodes() const override { return graph_.units(); }
  const std::vector<Batch>& batches() const override { return batches_; }

  void AddWeights(const Batch& batch, const std::vector<int>& labels, ClusterWeights& sums) const override {
    const int group = group_of_[BatchOf(batch)];
    for (const Side& side : of_group_[group]) {
      if (side.is_row) {
        AddRows(rows_.blocks[side.block], batch, labels, sums);
      } else {
        AddColumns(rows_.blocks[side.block], batch, labels, sums);
      }
    }
  }

  void ForEachNeighbour(int batch, const std::function<void(int)>& touch) const override {
    for (const Batch& others : neighbours_[group_of_[batch]]) {
      for (int other = others.first; other < others.last; ++other) touch(other);
    }
  }

  std::unique_ptr<Level> Aggregated(const std::vector<int>& labels, int clusters, RunContext& context) const override {
    ClusterMatrix sums(clusters);
    std::vector<double> weights;
    std::vector<double> by_cluster(clusters, 0.0);
    for (const RowChunk& chunk : rows_.chunks) {
      context.CheckCancelled();
      const BlockRows& block = rows_.blocks[chunk.block];
      const int* const column_labels = labels.data() + block.first_column_unit() + chunk.first_column;
      weights.resize(chunk.columns());
      for (int row = chunk.first_row; row < chunk.last_row; ++row) {
        const int label = labels[block.first_row_unit() + row];
        if (label < 0) continue;
        block.Read(row, chunk.first_column, chunk.columns(), weights.data());
        for (int column = 0; column < chunk.columns(); ++column) {
          if (column_labels[column] >= 0) by_cluster[column_labels[column]] += weights[column];
        }
        for (int column = 0; column < chunk.columns(); ++column) {
          const int other = column_labels[column];
          if (other < 0 || by_cluster[other] == 0) continue;
          sums.Add(label, other, by_cluster[other]);
          by_cluster[other] = 0;
        }
      }
    }
    return std::make_unique<SparseLevel>(sums.Edges());
  }

 private:
  /// A block that a group's units are the rows or the columns of.
  struct Side {
    int block = 0;
    bool is_row = false;
  };

  int BatchOf(const Batch& batch) const {
    const auto found = std::lower_bound(batches_.begin(), batches_.end(), batch.first,
                                        [](const Batch& other, int first) { return other.first < first; });
    return static_cast<int>(found - batches_.begin());
  }

  static void AddRows(const BlockRows& block, const Batch& batch, const std::vector<int>& labels,
                      ClusterWeights& sums) {
    std::vector<double> weights(block.columns());
    for (int unit = batch.first; unit < batch.last; ++unit) {
      const int row = unit - block.first_row_unit();
      if (row < 0 || row >= block.rows()) continue;
      const BlockRows::Columns columns = block.ColumnsOf(row, row + 1);
      block.Read(row, columns.first, columns.last - columns.first, weights.data());
      const int first = block.first_column_unit() + columns.first;
      for (int column = 0; column < columns.last - columns.first; ++column) {
        const int label = labels[first + column];
        if (label >= 0 && first + column != unit) sums.Add(unit - batch.first, label, weights[column]);
      }
    }
  }

  static void AddColumns(const BlockRows& block, const Batch& batch, const std::vector<int>& labels,
                         ClusterWeights& sums) {
    const int first = std::max(batch.first, block.first_column_unit());
    const int last = std::min(batch.last, block.first_column_unit() + block.columns());
    if (first >= last) return;
    const BlockRows::Columns rows = block.RowsOf(first - block.first_column_unit(), last - block.first_column_unit());
    double weights[kBatchUnits];
    for (int row = rows.first; row < rows.last; ++row) {
      const int unit = block.first_row_unit() + row;
      if (labels[unit] < 0) continue;
      block.Read(row, first - block.first_column_unit(), last - first, weights);
      for (int column = first; column < last; ++column) {
        if (column != unit) sums.Add(column - batch.first, labels[unit], weights[column - first]);
      }
    }
  }

  const UnitGraph& graph_;
  ChunkedRows rows_;
  std::vector<std::vector<Side>> of_group_;
  std::vector<Batch> batches_;
  std::vector<int> group_of_;                   ///< Of each batch.
  std::vector<std::vector<Batch>> neighbours_;  ///< Ranges of batches of the groups that have blocks with each group.
};

}  // namespace

std::unique_ptr<Level> MakeUnitLevel(const UnitGraph& graph) { return std::make_unique<UnitLevel>(graph); }

}  // namespace modlab
