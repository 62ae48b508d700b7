// Reads a chain of layers, clusters it spectrally and prints everything that comes out as JSON, for comparison with
// other implementations. Usage:
//
//   spectral_probe NETWORK CLUSTERS RESTARTS SEED [LABELS]
//
// NETWORK: for every layer two int32 (outputs, inputs) and outputs x inputs float64, row-major, in the machine's byte
// order. LABELS: an int32 for each unit, -1 or 0 ... CLUSTERS - 1; measured instead of the found partition.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/graph/unit_graph.h"
#include "core/measure/measure.h"
#include "core/spectral/affinity_operator.h"
#include "core/spectral/embedding.h"
#include "core/spectral/spectral_clustering.h"

namespace modlab {
namespace {

template <typename Value>
std::vector<Value> ReadValues(std::ifstream& file, size_t count) {
  std::vector<Value> values(count);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(Value)));
  if (!file) throw std::runtime_error("the file ends too early");
  return values;
}

UnitGraph ReadNetwork(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  UnitGraph graph;
  while (file.peek() != std::ifstream::traits_type::eof()) {
    const std::vector<int32_t> shape = ReadValues<int32_t>(file, 2);
    const int outputs = shape[0];
    const int inputs = shape[1];
    if (graph.groups().empty()) graph.AddGroup({.name = "input", .operation = "input", .units = inputs});
    const int source = static_cast<int>(graph.groups().size()) - 1;
    const int target =
        graph.AddGroup({.name = "layer" + std::to_string(source), .operation = "linear", .units = outputs});
    graph.AddBlock(OwnedBlock(source, target, inputs, outputs,
                              ReadValues<double>(file, static_cast<size_t>(outputs) * static_cast<size_t>(inputs))));
  }
  return graph;
}

void Print(const char* name, double value) { std::printf("\"%s\": %.17g,\n", name, value); }

void Print(const char* name, const std::vector<double>& values) {
  std::printf("\"%s\": [", name);
  for (size_t i = 0; i < values.size(); ++i) std::printf("%s%.17g", i == 0 ? "" : ", ", values[i]);
  std::printf("],\n");
}

void Print(const char* name, const std::vector<int>& values) {
  Print(name, std::vector<double>(values.begin(), values.end()));
}

void Run(const std::vector<std::string>& arguments) {
  const UnitGraph graph = ReadNetwork(arguments[0]);
  const SpectralOptions options{.clusters = std::stoi(arguments[1]),
                                .restarts = std::stoi(arguments[2]),
                                .seed = static_cast<uint32_t>(std::stoul(arguments[3]))};
  RunContext context(2);
  std::printf("{\n");
  std::vector<int> labels;
  if (arguments.size() > 4) {
    std::ifstream file(arguments[4], std::ios::binary);
    const std::vector<int32_t> given = ReadValues<int32_t>(file, graph.units());
    labels.assign(given.begin(), given.end());
  } else {
    const SpectralClustering clustering = ClusterSpectrally(graph, options, context);
    labels = clustering.labels;
    Print("eigenvalues", clustering.eigenvalues);
    Print("inertia", clustering.inertia);
    Print("residual", clustering.residual);
    const Embedding embedding = Embed(BlockAffinity(graph, context), *options.clusters, context);
    Print("units", embedding.units);
    // Column after column.
    Print("embedding",
          std::vector<double>(embedding.coordinates.reshaped().begin(), embedding.coordinates.reshaped().end()));
  }
  const ClusterSums sums = SumClusters(graph, labels, *options.clusters, context);
  Print("modularity", NewmanModularity(sums));
  Print("ncut", NormalizedCut(sums));
  Print("labels", labels);
  std::printf("\"groups\": %zu\n}\n", graph.groups().size());
}

}  // namespace
}  // namespace modlab

int main(int argc, char** argv) {
  if (argc < 5 || argc > 6) {
    std::fprintf(stderr, "usage: %s NETWORK CLUSTERS RESTARTS SEED [LABELS]\n", argv[0]);
    return 2;
  }
  try {
    modlab::Run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
