// How long the spectral pipeline and its parts take on two networks: 784-392-10, and a funnel that narrows to one unit.
// Threads are the second argument of every benchmark.

#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/random.h"
#include "core/spectral/affinity_operator.h"
#include "core/spectral/embedding.h"
#include "core/spectral/kmeans.h"
#include "core/spectral/spectral_clustering.h"

namespace modlab {
namespace {

const std::vector<std::vector<int>>& Networks() {
  static const std::vector<std::vector<int>> networks{{784, 392, 10}, {1568, 784, 20, 20, 4, 1}};
  return networks;
}

/// Linear layers of these widths, weights U(-1, 1) / sqrt(fan-in), in single precision as models have them.
UnitGraph RandomNetwork(const std::vector<int>& widths) {
  Random random(1);
  UnitGraph graph;
  for (const int width : widths) {
    graph.AddGroup({.name = "layer" + std::to_string(graph.groups().size()), .operation = "linear", .units = width});
  }
  for (size_t layer = 0; layer + 1 < widths.size(); ++layer) {
    Block block;
    block.source = static_cast<int>(layer);
    block.target = static_cast<int>(layer) + 1;
    block.source_units = widths[layer];
    block.target_units = widths[layer + 1];
    block.target_stride = block.source_units;
    auto weights = std::make_shared<std::vector<float>>(static_cast<size_t>(block.source_units) * block.target_units);
    for (float& weight : *weights) {
      weight = static_cast<float>((2 * random.Uniform() - 1) / std::sqrt(block.source_units));
    }
    block.float_data = weights->data();
    block.owner = weights;
    graph.AddBlock(block);
  }
  return graph;
}

int64_t Entries(const UnitGraph& graph) {
  int64_t entries = 0;
  for (const Block& block : graph.blocks()) entries += static_cast<int64_t>(block.source_units) * block.target_units;
  return entries;
}

void BenchmarkApply(benchmark::State& state) {
  const UnitGraph graph = RandomNetwork(Networks()[state.range(0)]);
  RunContext context(static_cast<int>(state.range(1)));
  const BlockAffinity affinity(graph, context);
  const std::vector<double> x(graph.units(), 1.0);
  std::vector<double> y(graph.units());
  while (state.KeepRunning()) affinity.Apply(x.data(), y.data(), 1);
  state.SetBytesProcessed(state.iterations() * Entries(graph) * static_cast<int64_t>(sizeof(float)));
}

void BenchmarkEmbed(benchmark::State& state) {
  const UnitGraph graph = RandomNetwork(Networks()[state.range(0)]);
  RunContext context(static_cast<int>(state.range(1)));
  const BlockAffinity affinity(graph, context);
  while (state.KeepRunning()) benchmark::DoNotOptimize(Embed(affinity, 8, context));
}

void BenchmarkKMeans(benchmark::State& state) {
  const UnitGraph graph = RandomNetwork(Networks()[state.range(0)]);
  RunContext context(static_cast<int>(state.range(1)));
  const Embedding embedding = Embed(BlockAffinity(graph, context), 8, context);
  while (state.KeepRunning()) benchmark::DoNotOptimize(KMeans(embedding.coordinates, {.clusters = 8}, context));
}

void BenchmarkClusterSpectrally(benchmark::State& state) {
  const UnitGraph graph = RandomNetwork(Networks()[state.range(0)]);
  RunContext context(static_cast<int>(state.range(1)));
  while (state.KeepRunning()) benchmark::DoNotOptimize(ClusterSpectrally(graph, {.clusters = 8}, context));
}

void NetworksAndThreads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"network", "threads"})->ArgsProduct({{0, 1}, {1, 2}})->UseRealTime();
}

BENCHMARK(BenchmarkApply)->Apply(NetworksAndThreads)->Unit(benchmark::kMicrosecond);
BENCHMARK(BenchmarkEmbed)->Apply(NetworksAndThreads)->Unit(benchmark::kMillisecond);
BENCHMARK(BenchmarkKMeans)->Apply(NetworksAndThreads)->Unit(benchmark::kMillisecond);
BENCHMARK(BenchmarkClusterSpectrally)->Apply(NetworksAndThreads)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace modlab

BENCHMARK_MAIN();
