// Reads graphs and prints the partitions that are found in them, a line of JSON each, for comparison with other
// implementations. Usage: partition_probe GRAPHS CLUSTERS RESTARTS SEED
//
// GRAPHS: for each graph int32 numbers of groups and blocks, the groups' numbers of units, then for each block int32
// source, target, and targets x sources float64, row-major, in the machine's byte order.

#include <cstdint>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/community/leiden.h"
#include "core/graph/unit_graph.h"
#include "core/measure/measure.h"
#include "core/spectral/spectral_clustering.h"

namespace modlab {
namespace {

using nlohmann::json;

template <typename Value>
std::vector<Value> ReadValues(std::ifstream& file, size_t count) {
  std::vector<Value> values(count);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(Value)));
  if (!file) throw std::runtime_error("the file ends too early");
  return values;
}

UnitGraph ReadGraph(std::ifstream& file) {
  const std::vector<int32_t> counts = ReadValues<int32_t>(file, 2);
  const std::vector<int32_t> units = ReadValues<int32_t>(file, counts[0]);
  UnitGraph graph;
  for (const int32_t size : units) graph.AddGroup({.name = "group", .operation = "linear", .units = size});
  for (int block = 0; block < counts[1]; ++block) {
    const std::vector<int32_t> ends = ReadValues<int32_t>(file, 2);
    const int sources = units.at(ends[0]);
    const int targets = units.at(ends[1]);
    graph.AddBlock(OwnedBlock(ends[0], ends[1], sources, targets,
                              ReadValues<double>(file, static_cast<size_t>(sources) * static_cast<size_t>(targets))));
  }
  return graph;
}

json Find(const UnitGraph& graph, int clusters, int restarts, uint32_t seed) {
  RunContext context(2);
  json found;
  const std::pair<const char*, Objective> objectives[] = {
      {"newman", Objective::kNewman}, {"directed", Objective::kDirected}, {"layer_pair", Objective::kLayerPair}};
  for (const auto& [name, objective] : objectives) {
    const LeidenClustering leiden =
        Leiden(graph, {.objective = objective, .restarts = restarts, .seed = seed}, context);
    found[name] = {{"modularity", leiden.modularity}, {"labels", leiden.labels}};
  }
  const SpectralClustering spectral =
      ClusterSpectrally(graph, {.clusters = clusters, .restarts = restarts, .seed = seed}, context);
  const ClusterSums sums = SumClusters(graph, spectral.labels, spectral.clusters, context);
  found["spectral"] = {
      {"modularity", NewmanModularity(sums)}, {"ncut", NormalizedCut(sums)}, {"labels", spectral.labels},
      {"eigenvalues", spectral.eigenvalues},  {"inertia", spectral.inertia}, {"residual", spectral.residual}};
  return found;
}

}  // namespace
}  // namespace modlab

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: partition_probe GRAPHS CLUSTERS RESTARTS SEED\n";
    return 2;
  }
  try {
    std::ifstream file(argv[1], std::ios::binary);
    while (file.peek() != std::ifstream::traits_type::eof()) {
      const modlab::UnitGraph graph = modlab::ReadGraph(file);
      std::cout << modlab::Find(graph, std::stoi(argv[2]), std::stoi(argv[3]), std::stoul(argv[4])) << "\n";
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
