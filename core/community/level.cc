#include "core/community/level.h"

#include <algorithm>
#include <deque>

#include "core/community/stored_level.h"
#include "core/graph/block_rows.h"
#include "core/graph/sparse_entries.h"

namespace modlab {
namespace {

/// So many columns of a row-major block are read together: a cache line of floats.
constexpr int kBatchUnits = 16;
/// And so many of its rows: what is read fits the first-level cache.
constexpr int kTileRows = 128;
/// Up to so many weights of all nodes are copied: 64 MB.
constexpr int64_t kLargestCopy = 8 << 20;

/// Reads a graph's blocks where they lie; of sparse ones the columns' weights are copied into rows.
class UnitLevel final : public Level {
 public:
  explicit UnitLevel(const UnitGraph& graph) : graph_(graph), rows_(graph), of_group_(graph.groups().size()) {
    const int groups = static_cast<int>(graph.groups().size());
    std::vector<std::vector<char>> joined(groups, std::vector<char>(groups, 0));
    for (size_t index = 0; index < rows_.blocks.size(); ++index) {
      const Block& block = graph.blocks()[index];
      const BlockRows& rows = rows_.blocks[index];
      of_group_[rows.rows_are_sources() ? block.source : block.target].push_back({&rows, true});
      if (block.is_sparse()) {
        const Block& turned = turned_blocks_.emplace_back(Transposed(block));
        of_group_[block.source].push_back({&turned_rows_.emplace_back(graph, turned), true});
      } else {
        of_group_[rows.rows_are_sources() ? block.target : block.source].push_back({&rows, false});
      }
      joined[block.source][block.target] = joined[block.target][block.source] = 1;
      entries_ += 2 * block.stored_entries();
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
        ReadRows(*side.block, batch, wanted, take);
      } else {
        ReadColumns(*side.block, batch, wanted, take);
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
    const BlockRows* block = nullptr;
    bool is_row = false;
  };

  int GroupOf(const Batch& batch) const {
    const auto after = std::upper_bound(batches_.begin(), batches_.end(), batch.first,
                                        [](int first, const Batch& other) { return first < other.first; });
    return group_of_batch_[after - batches_.begin() - 1];
  }

  static void ReadRows(const BlockRows& block, const Batch& batch, const char* wanted,
                       const std::function<void(const Run&)>& take) {
    std::vector<double> weights;
    std::vector<int> others;
    for (int unit = batch.first; unit < batch.last; ++unit) {
      const int row = unit - block.first_row_unit();
      if (row < 0 || row >= block.rows() || (wanted != nullptr && wanted[unit - batch.first] == 0)) continue;
      const RowEntries entries = block.EntriesOf(row, weights);
      Run run = {.node = unit,
                 .first = block.first_column_unit() + entries.first_column,
                 .count = entries.count,
                 .weights = weights.data()};
      if (entries.columns != nullptr) {
        others.assign(entries.columns, entries.columns + entries.count);
        for (int& other : others) other += block.first_column_unit();
        run.others = others.data();
        const auto self = std::lower_bound(others.begin(), others.end(), unit);
        if (self != others.end() && *self == unit) weights[self - others.begin()] = 0;
      } else if (unit >= run.first && unit < run.first + run.count) {
        weights[unit - run.first] = 0;
      }
      take(run);
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
  std::deque<Block> turned_blocks_;  // of the sparse ones
  std::deque<BlockRows> turned_rows_;
  std::vector<std::vector<Side>> of_group_;
  std::vector<Batch> batches_;
  std::vector<int> group_of_batch_;
  std::vector<std::vector<Batch>> neighbours_;  ///< Ranges of batches of the groups that have blocks with each group.
  int64_t entries_ = 0;
};

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
