#include "core/measure/measure.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/graph/weight_part.h"

namespace modlab {
namespace {

/// Sums over the rows and columns of one chunk.
struct RowChunkSums {
  std::vector<double> row_internal;  ///< Per row, weights to units of the same cluster.
  std::vector<double> row_sums;
  std::vector<double> column_sums;
};

RowChunkSums SumChunk(const BlockRows& block, const RowChunk& chunk, const std::vector<int>& labels) {
  const int* const column_labels = labels.data() + block.first_column_unit();
  RowChunkSums sums{.row_internal = {}, .row_sums = {}, .column_sums = std::vector<double>(chunk.columns(), 0.0)};
  double* const column_sums = sums.column_sums.data();
  std::vector<double> weights;
  for (int row = chunk.first_row; row < chunk.last_row; ++row) {
    const int label = labels[block.first_row_unit() + row];
    double internal = 0;
    double sum = 0;
    block.EntriesOf(row, weights).ForEach([&](int column, double weight) {
      internal += column_labels[column] == label ? weight : 0.0;
      sum += weight;
      column_sums[column - chunk.first_column] += weight;
    });
    sums.row_internal.push_back(internal);
    sums.row_sums.push_back(sum);
  }
  return sums;
}

/// sums[labels[i]] += values[i] for every unit that has a cluster.
void AddByLabel(const std::vector<double>& values, const int* labels, std::vector<double>& sums) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (labels[i] >= 0) sums[labels[i]] += values[i];
  }
}

/// All 0 for a graph without edges.
ClusterSums SumAll(const UnitGraph& graph, const std::vector<int>& labels, int clusters, RunContext& context) {
  if (static_cast<int>(labels.size()) != graph.units()) throw std::logic_error("there must be one label for each unit");
  if (std::ranges::any_of(labels, [&](int label) { return label < -1 || label >= clusters; })) {
    throw std::logic_error("labels must be -1 or 0 to the number of clusters");
  }
  const ChunkedRows rows(graph);
  std::vector<RowChunkSums> chunks(rows.chunks.size());
  context.ParallelFor(static_cast<int>(chunks.size()), [&](int index) {
    const RowChunk& chunk = rows.chunks[index];
    chunks[index] = SumChunk(rows.blocks[chunk.block], chunk, labels);
  });

  const std::vector<double> none(clusters, 0.0);
  ClusterSums sums{.internal = none, .volume = none, .total = 0, .blocks = {}};
  sums.blocks.assign(rows.blocks.size(), {.internal = none, .out_strength = none, .in_strength = none, .total = 0});
  for (size_t index = 0; index < chunks.size(); ++index) {
    const BlockRows& block = rows.blocks[rows.chunks[index].block];
    BlockSums& own = sums.blocks[rows.chunks[index].block];
    const int* row_labels = labels.data() + block.first_row_unit() + rows.chunks[index].first_row;
    const int* column_labels = labels.data() + block.first_column_unit() + rows.chunks[index].first_column;
    AddByLabel(chunks[index].row_internal, row_labels, own.internal);
    AddByLabel(chunks[index].row_sums, row_labels, block.rows_are_sources() ? own.out_strength : own.in_strength);
    AddByLabel(chunks[index].column_sums, column_labels, block.rows_are_sources() ? own.in_strength : own.out_strength);
    own.total += std::accumulate(chunks[index].row_sums.begin(), chunks[index].row_sums.end(), 0.0);
  }
  for (const BlockSums& block : sums.blocks) {
    for (int cluster = 0; cluster < clusters; ++cluster) {
      sums.internal[cluster] += 2 * block.internal[cluster];  // A holds every weight in both directions
      sums.volume[cluster] += block.out_strength[cluster] + block.in_strength[cluster];
    }
    sums.total += 2 * block.total;
  }
  return sums;
}

void CheckEdges(double total) {
  if (total > 0) return;
  throw Error(ErrorKind::kNoEdges, "the network has no weights other than zero, so its modularity is not defined.");
}

}  // namespace

ClusterSums SumClusters(const UnitGraph& graph, const std::vector<int>& labels, int clusters, RunContext& context) {
  ClusterSums sums = SumAll(graph, labels, clusters, context);
  CheckEdges(sums.total);
  return sums;
}

SignedSums SumSignedClusters(const UnitGraph& graph, const std::vector<int>& labels, int clusters,
                             RunContext& context) {
  SignedSums sums{.positive = SumAll(PartOf(graph, WeightPart::kPositive), labels, clusters, context),
                  .negative = SumAll(PartOf(graph, WeightPart::kNegative), labels, clusters, context)};
  CheckEdges(sums.positive.total + sums.negative.total);
  return sums;
}

double NewmanModularity(const ClusterSums& sums, double resolution) {
  double modularity = 0;
  for (size_t cluster = 0; cluster < sums.internal.size(); ++cluster) {
    const double volume = sums.volume[cluster] / sums.total;
    modularity += sums.internal[cluster] / sums.total - resolution * volume * volume;
  }
  return modularity;
}

double DirectedModularity(const ClusterSums& sums, double resolution) {
  const double all = sums.total / 2;
  double modularity = 0;
  for (size_t cluster = 0; cluster < sums.internal.size(); ++cluster) {
    double out = 0;
    double in = 0;
    for (const BlockSums& block : sums.blocks) {
      out += block.out_strength[cluster];
      in += block.in_strength[cluster];
    }
    modularity += sums.internal[cluster] / sums.total - resolution * (out / all) * (in / all);
  }
  return modularity;
}

double LayerPairModularity(const ClusterSums& sums, double resolution) {
  double excess = 0;
  for (const BlockSums& block : sums.blocks) {
    if (block.total <= 0) continue;
    for (size_t cluster = 0; cluster < sums.internal.size(); ++cluster) {
      excess += block.internal[cluster] -
                resolution * block.out_strength[cluster] * (block.in_strength[cluster] / block.total);
    }
  }
  return excess / (sums.total / 2);
}

double SignedModularity(const SignedSums& sums, double resolution) {
  const double all = sums.positive.total + sums.negative.total;
  double modularity = 0;
  for (const auto& [part, sign] : {std::pair(&sums.positive, 1), std::pair(&sums.negative, -1)}) {
    if (part->total > 0) modularity += sign * (part->total / all) * NewmanModularity(*part, resolution);
  }
  return modularity;
}

double Modularity(const ClusterSums& sums, Objective objective, double resolution) {
  switch (objective) {
    case Objective::kNewman:
      return NewmanModularity(sums, resolution);
    case Objective::kDirected:
      return DirectedModularity(sums, resolution);
    case Objective::kLayerPair:
      return LayerPairModularity(sums, resolution);
    case Objective::kSigned:
      throw std::logic_error("the signed modularity takes the sums of signed weights");
  }
  throw std::logic_error("unknown objective");
}

double Modularity(const UnitGraph& graph, const std::vector<int>& labels, int clusters, Objective objective,
                  double resolution, RunContext& context) {
  if (objective == Objective::kSigned) {
    return SignedModularity(SumSignedClusters(graph, labels, clusters, context), resolution);
  }
  return Modularity(SumClusters(graph, labels, clusters, context), objective, resolution);
}

double NormalizedCut(const ClusterSums& sums) {
  double cut = 0;
  for (size_t cluster = 0; cluster < sums.internal.size(); ++cluster) {
    if (sums.volume[cluster] > 0) cut += (sums.volume[cluster] - sums.internal[cluster]) / sums.volume[cluster];
  }
  return cut;
}

std::optional<double> AverageInOut(double ncut, int clusters) {
  if (ncut == 0) return std::nullopt;
  return (clusters - ncut) / (2 * ncut);
}

}  // namespace modlab
