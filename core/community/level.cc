#include "core/community/level.h"

#include <algorithm>

#include "core/community/stored_level.h"
#include "core/graph/block_rows.h"

namespace modlab {
namespace {

/// So many columns of a row-major block are read together: a cache line of floats.
constexpr int kBatchUnits = 16;
/// And so many of its rows: what is read fits the first-level cache.
constexpr int kTileRows = 128;
/// Up to so many weights of all nodes are copied: 64 MB.
constexpr int64_t kLargestCopy = 8 << 20;
/// Up to so many clusters their weights are summed in a full matrix.
constexpr int kLargestMatrix = 4096;

/// Reads a graph's blocks where they lie.
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
      entries_ += 2 * static_cast<int64_t>(block.target_units) * block.source_units / block.convolution_groups;
    }
    std::vector<Batch> group_batches(groups);
    for (int group = 0; group < groups; ++group) {
      const int step = joined[group][group] != 0 ? 1 : kBatchUnits;
      const int end = graph.first_unit(group) + graph.groups()[group].units;
      group_batches[group].first = static_cast<int>(batches_.size());
      for (int first = graph.first_unit(group); first < end; first += step) {
        batches_.push_back({first, std::min(first + step, end)});
        group_of_batch_.push_back(group);
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
  int64_t entries() const override { return entries_; }

  void ForEachRun(const Batch& batch, const char* wanted, const std::function<void(const Run&)>& take) const override {
    for (const Side& side : of_group_[GroupOf(batch)]) {
      if (side.is_row) {
        ReadRows(rows_.blocks[side.block], batch, wanted, take);
      } else {
        ReadColumns(rows_.blocks[side.block], batch, wanted, take);
      }
    }
  }

  void CollectNeighbours(int batch, std::vector<char>& marked, std::vector<int>& batches) const override {
    for (const Batch& others : neighbours_[group_of_batch_[batch]]) {
      for (int other = others.first; other < others.last; ++other) {
        if (marked[other] != 0) continue;
        marked[other] = 1;
        batches.push_back(other);
      }
    }
  }

 private:
  /// A block that a group's units are the rows or the columns of.
  struct Side {
    int block = 0;
    bool is_row = false;
  };

  int GroupOf(const Batch& batch) const {
    const auto after = std::upper_bound(batches_.begin(), batches_.end(), batch.first,
                                        [](int first, const Batch& other) { return first < other.first; });
    return group_of_batch_[after - batches_.begin() - 1];
  }

  static void ReadRows(const BlockRows& block, const Batch& batch, const char* wanted,
                       const std::function<void(const Run&)>& take) {
    std::vector<double> weights(block.columns());
    for (int unit = batch.first; unit < batch.last; ++unit) {
      const int row = unit - block.first_row_unit();
      if (row < 0 || row >= block.rows() || (wanted != nullptr && wanted[unit - batch.first] == 0)) continue;
      const BlockRows::Columns columns = block.ColumnsOf(row, row + 1);
      const int count = columns.last - columns.first;
      block.Read(row, columns.first, count, weights.data());
      const int first = block.first_column_unit() + columns.first;
      if (unit >= first && unit < first + count) weights[unit - first] = 0;
      take({.node = unit, .first = first, .count = count, .weights = weights.data()});
    }
  }

  static void ReadColumns(const BlockRows& block, const Batch& batch, const char* wanted,
                          const std::function<void(const Run&)>& take) {
    const int first = std::max(batch.first, block.first_column_unit());
    const int last = std::min(batch.last, block.first_column_unit() + block.columns());
    if (first >= last) return;
    const int first_column = first - block.first_column_unit();
    const BlockRows::Columns rows = block.RowsOf(first_column, last - block.first_column_unit());
    double tile[kBatchUnits][kTileRows];
    for (int first_row = rows.first; first_row < rows.last; first_row += kTileRows) {
      const int count = std::min(kTileRows, rows.last - first_row);
      block.ReadTurned(first_row, count, first_column, last - first, tile[0], kTileRows);
      const int first_row_unit = block.first_row_unit() + first_row;
      for (int unit = first; unit < last; ++unit) {
        if (wanted != nullptr && wanted[unit - batch.first] == 0) continue;
        double* const weights = tile[unit - first];
        if (unit >= first_row_unit && unit < first_row_unit + count) weights[unit - first_row_unit] = 0;
        take({.node = unit, .first = first_row_unit, .count = count, .weights = weights});
      }
    }
  }

  const UnitGraph& graph_;
  ChunkedRows rows_;
  std::vector<std::vector<Side>> of_group_;
  std::vector<Batch> batches_;
  std::vector<int> group_of_batch_;
  std::vector<std::vector<Batch>> neighbours_;  ///< Ranges of batches of the groups that have blocks with each group.
  int64_t entries_ = 0;
};

/// All sums in one matrix.
std::unique_ptr<Level> AggregateDensely(const Level& level, const std::vector<int>& clusters_of_nodes, int clusters,
                                        const RunContext& context) {
  std::vector<double> matrix(static_cast<size_t>(clusters) * clusters, 0.0);
  for (const Batch& batch : level.batches()) {
    context.CheckCancelled();
    level.ForEachRun(batch, nullptr, [&](const Run& run) {
      double* const sums = matrix.data() + static_cast<size_t>(clusters_of_nodes[run.node]) * clusters;
      if (run.others == nullptr) {
        const int* const others = clusters_of_nodes.data() + run.first;
        for (int i = 0; i < run.count; ++i) sums[others[i]] += run.weights[i];
      } else {
        for (int i = 0; i < run.count; ++i) sums[clusters_of_nodes[run.others[i]]] += run.weights[i];
      }
    });
  }
  auto aggregated = std::make_unique<StoredLevel>(clusters);
  for (int cluster = 0; cluster < clusters; ++cluster) {
    double* const weights = matrix.data() + static_cast<size_t>(cluster) * clusters;
    weights[cluster] = 0;
    aggregated->Add({.node = cluster, .count = clusters, .weights = weights});
  }
  return aggregated;
}

/// The sums of one cluster at a time.
std::unique_ptr<Level> AggregateSparsely(const Level& level, const std::vector<int>& labels, int clusters,
                                         const RunContext& context) {
  std::vector<std::vector<int>> members(clusters);
  for (int node = 0; node < level.nodes(); ++node) {
    if (labels[node] >= 0) members[labels[node]].push_back(node);
  }
  auto aggregated = std::make_unique<StoredLevel>(clusters);
  ClusterWeights sums;
  std::vector<int> others;
  std::vector<double> weights;
  for (int cluster = 0; cluster < clusters; ++cluster) {
    context.CheckCancelled();
    sums.Reset(1, clusters);
    for (const int node : members[cluster]) {
      level.ForEachRun({node, node + 1}, nullptr, [&](const Run& run) {
        for (int i = 0; i < run.count; ++i) {
          const int other = labels[run.other(i)];
          if (other >= 0 && other != cluster) sums.Add(0, other, run.weights[i]);
        }
      });
    }
    others = sums.clusters_of(0);
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    weights.clear();
    for (const int other : others) weights.push_back(sums(0, other));
    aggregated->Add({.node = cluster,
                     .others = others.data(),
                     .count = static_cast<int>(others.size()),
                     .weights = weights.data()});
  }
  return aggregated;
}

}  // namespace

std::unique_ptr<Level> MakeUnitLevel(const UnitGraph& graph) { return std::make_unique<UnitLevel>(graph); }

std::unique_ptr<Level> CopySmall(std::unique_ptr<Level> level, const RunContext& context) {
  if (level->entries() > kLargestCopy) return level;
  auto copy = std::make_unique<StoredLevel>(level->nodes());
  for (const Batch& batch : level->batches()) {
    context.CheckCancelled();
    level->ForEachRun(batch, nullptr, [&](const Run& run) { copy->Add(run); });
  }
  return copy;
}

std::unique_ptr<Level> Aggregate(const Level& level, const std::vector<int>& labels, int clusters,
                                 const RunContext& context) {
  if (clusters > kLargestMatrix) return AggregateSparsely(level, labels, clusters, context);
  std::vector<int> clusters_of_nodes = labels;
  for (int& label : clusters_of_nodes) label = std::max(label, 0);  // of nodes that have nothing to add
  return AggregateDensely(level, clusters_of_nodes, clusters, context);
}

void SumByCluster(const Level& level, const Batch& batch, const std::vector<int>& labels, int clusters,
                  ClusterWeights& sums) {
  sums.Reset(batch.size(), clusters);
  level.ForEachRun(batch, nullptr, [&](const Run& run) {
    for (int i = 0; i < run.count; ++i) {
      const int label = labels[run.other(i)];
      if (label >= 0) sums.Add(run.node - batch.first, label, run.weights[i]);
    }
  });
}

}  // namespace modlab
