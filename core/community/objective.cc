#include "core/community/objective.h"

#include "core/graph/block_rows.h"
#include "core/graph/weight_part.h"

namespace modlab {
namespace {

/// Row and column sums of every block, as strengths of its units.
struct BlockStrengths {
  std::vector<double> row;
  std::vector<double> column;
  double total = 0;
};

std::vector<BlockStrengths> SumBlocks(const ChunkedRows& rows, RunContext& context) {
  struct ChunkSums {
    std::vector<double> row;
    std::vector<double> column;
  };
  std::vector<ChunkSums> chunks(rows.chunks.size());
  context.ParallelFor(static_cast<int>(chunks.size()), [&](int index) {
    const RowChunk& chunk = rows.chunks[index];
    chunks[index] = {std::vector<double>(chunk.rows(), 0.0), std::vector<double>(chunk.columns(), 0.0)};
    std::vector<double> weights;
    for (int row = 0; row < chunk.rows(); ++row) {
      double& row_sum = chunks[index].row[row];
      double* const column_sums = chunks[index].column.data();
      rows.blocks[chunk.block].EntriesOf(chunk.first_row + row, weights).ForEach([&](int column, double weight) {
        row_sum += weight;
        column_sums[column - chunk.first_column] += weight;
      });
    }
  });
  std::vector<BlockStrengths> sums;
  sums.reserve(rows.blocks.size());
  for (const BlockRows& block : rows.blocks) {
    sums.push_back({std::vector<double>(block.rows(), 0.0), std::vector<double>(block.columns(), 0.0), 0});
  }
  for (size_t index = 0; index < chunks.size(); ++index) {
    const RowChunk& chunk = rows.chunks[index];
    BlockStrengths& block = sums[chunk.block];
    for (int row = 0; row < chunk.rows(); ++row) {
      block.row[chunk.first_row + row] += chunks[index].row[row];
      block.total += chunks[index].row[row];
    }
    for (int column = 0; column < chunk.columns(); ++column) {
      block.column[chunk.first_column + column] += chunks[index].column[column];
    }
  }
  return sums;
}

}  // namespace

void ExpectedWeights::AddParts(const UnitGraph& graph, bool by_block, double resolution, RunContext& context,
                               std::vector<std::vector<Strength>>& of_unit) {
  const ChunkedRows rows(graph);
  const std::vector<BlockStrengths> sums = SumBlocks(rows, context);
  double total = 0;
  for (size_t index = 0; index < sums.size(); ++index) {
    const BlockRows& block = rows.blocks[index];
    total += sums[index].total;
    if (sums[index].total <= 0) continue;
    const auto add = [&](int first_unit, const std::vector<double>& strengths, bool is_out) {
      const int part = parts();
      for (size_t i = 0; i < strengths.size(); ++i) {
        std::vector<Strength>& unit = of_unit[first_unit + i];
        if (unit.empty() || unit.back().part != part) unit.push_back({part, 0, 0});
        (is_out ? unit.back().out : unit.back().in) += strengths[i];
      }
    };
    add(block.first_row_unit(), sums[index].row, block.rows_are_sources());
    add(block.first_column_unit(), sums[index].column, !block.rows_are_sources());
    if (by_block) factors_.push_back(resolution / sums[index].total);
  }
  if (!by_block) factors_.push_back(total > 0 ? resolution / total : 0);
}

ExpectedWeights::ExpectedWeights(const UnitGraph& graph, Objective objective, double resolution, RunContext& context)
    : is_signed_(objective == Objective::kSigned) {
  std::vector<std::vector<Strength>> of_unit(graph.units());
  if (is_signed_) {
    AddParts(PartOf(graph, WeightPart::kPositive), false, resolution, context, of_unit);
    AddParts(PartOf(graph, WeightPart::kNegative), false, -resolution, context, of_unit);
  } else {
    AddParts(graph, objective == Objective::kLayerPair, resolution, context, of_unit);
  }
  if (objective == Objective::kNewman || is_signed_) {
    // d_i d_j / 2m: either strength is half the degree.
    for (auto& unit : of_unit) {
      for (Strength& strength : unit) strength.out = strength.in = (strength.out + strength.in) / 2;
    }
  }
  first_.push_back(0);
  for (const auto& unit : of_unit) {
    strengths_.insert(strengths_.end(), unit.begin(), unit.end());
    first_.push_back(strengths_.size());
  }
}

double ExpectedWeights::strength(int node) const {
  double sum = 0;
  for (const Strength* strength = begin(node); strength != end(node); ++strength) sum += strength->out + strength->in;
  return sum;
}

ExpectedWeights ExpectedWeights::Aggregated(const std::vector<int>& labels, int clusters) const {
  ExpectedWeights aggregated;
  aggregated.factors_ = factors_;
  aggregated.is_signed_ = is_signed_;
  std::vector<std::vector<int>> members(clusters);
  for (int node = 0; node < nodes(); ++node) {
    if (labels[node] >= 0) members[labels[node]].push_back(node);
  }
  std::vector<Strength> sum(parts());
  aggregated.first_.push_back(0);
  for (int cluster = 0; cluster < clusters; ++cluster) {
    for (int part = 0; part < parts(); ++part) sum[part] = {part, 0, 0};
    for (const int node : members[cluster]) {
      for (const Strength* strength = begin(node); strength != end(node); ++strength) {
        sum[strength->part].out += strength->out;
        sum[strength->part].in += strength->in;
      }
    }
    for (const Strength& strength : sum) {
      if (strength.out > 0 || strength.in > 0) aggregated.strengths_.push_back(strength);
    }
    aggregated.first_.push_back(aggregated.strengths_.size());
  }
  return aggregated;
}

ClusterStrengths::ClusterStrengths(const ExpectedWeights& expected, const std::vector<int>& labels, int clusters)
    : expected_(expected), sums_(static_cast<size_t>(clusters) * 2 * expected.parts(), 0.0) {
  for (int node = 0; node < expected.nodes(); ++node) {
    if (labels[node] >= 0) Add(node, labels[node]);
  }
}

void ClusterStrengths::Change(int node, int cluster, double sign) {
  double* const sums = of(cluster);
  for (const auto* strength = expected_.begin(node); strength != expected_.end(node); ++strength) {
    sums[2 * strength->part] += sign * strength->out;
    sums[2 * strength->part + 1] += sign * strength->in;
  }
}

double ClusterStrengths::Expected(int cluster, const ClusterStrengths& other, int other_cluster) const {
  const double* const mine = of(cluster);
  const double* const others = other.of(other_cluster);
  double expected = 0;
  for (int part = 0; part < expected_.parts(); ++part) {
    expected +=
        expected_.factor(part) * (mine[2 * part] * others[2 * part + 1] + mine[2 * part + 1] * others[2 * part]);
  }
  return expected;
}

}  // namespace modlab
