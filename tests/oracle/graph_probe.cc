// Reads models as unit graphs and prints each graph as a line of JSON, for comparison with other implementations.
// Usage:
//
//   graph_probe [--edges] MODEL SHAPE [MODEL SHAPE ...]
//
// SHAPE: `1,3,224,224` or `1,16:int64`, several with `;` between them, or `-` where it is to be derived. With --edges
// every block's non-zero entries are printed, too, as [source unit, target unit, weight].

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/graph/model_reader.h"

namespace modlab {
namespace {

std::vector<InputShape> ParseShapes(const std::string& text) {
  std::vector<InputShape> shapes;
  if (text == "-") return shapes;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ';');) {
    const size_t colon = part.find(':');
    std::istringstream sizes(part.substr(0, colon));
    InputShape& shape = shapes.emplace_back();
    for (std::string size; std::getline(sizes, size, ',');) shape.dimensions.push_back(std::stoll(size));
    if (colon != std::string::npos) shape.dtype = part.substr(colon + 1);
  }
  return shapes;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted + '"';
}

/// Largest memory that this process has had, in bytes.
double PeakMemory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

template <typename Items, typename Print>
void PrintList(const char* name, const Items& items, const Print& print) {
  std::printf(", \"%s\": [", name);
  bool first = true;
  for (const auto& item : items) {
    if (!first) std::printf(", ");
    first = false;
    print(item);
  }
  std::printf("]");
}

void PrintEdges(const UnitGraph& graph, const Block& block) {
  std::printf(", \"edges\": [");
  bool first = true;
  for (int target = 0; target < block.target_units; ++target) {
    for (int source = 0; source < block.source_units; ++source) {
      const double weight = block.entry(target, source);
      if (weight == 0) continue;
      std::printf("%s[%d, %d, %.17g]", first ? "" : ", ", graph.first_source_unit(block) + source,
                  graph.first_target_unit(block) + target, weight);
      first = false;
    }
  }
  std::printf("]");
}

void PrintGraph(const UnitGraph& graph, bool edges) {
  std::printf("\"units\": %d", graph.units());
  PrintList("groups", graph.groups(), [](const Group& group) {
    std::printf("[%s, %s, %d]", Quoted(group.name).c_str(), Quoted(group.operation).c_str(), group.units);
  });
  PrintList("blocks", graph.blocks(), [&](const Block& block) {
    const BlockTotals totals = Totals(block);
    std::printf(R"({"layer": %s, "source": %d, "target": %d, "source_units": %d, "target_units": %d, )"
                R"("count": %.17g, "weight": %.17g)",
                Quoted(block.layer).c_str(), block.source, block.target, block.source_units, block.target_units,
                static_cast<double>(totals.edges), totals.weight);
    if (edges) PrintEdges(graph, block);
    std::printf("}");
  });
  PrintList("warnings", graph.warnings, [](const std::string& warning) { std::printf("%s", Quoted(warning).c_str()); });
}

void Probe(const std::string& path, const std::string& shapes, bool edges) {
  std::printf("{\"model\": %s, ", Quoted(path).c_str());
  try {
    Model model = Model::Load(path);
    const double loaded = PeakMemory();
    RunContext context;
    ReaderOptions options;
    options.input_shapes = ParseShapes(shapes);
    const auto start = std::chrono::steady_clock::now();
    const UnitGraph graph = model.Read(options, context);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    PrintGraph(graph, edges);
    std::printf(", \"seconds\": %.3f, \"memory_after_load\": %.0f, \"memory\": %.0f", seconds.count(), loaded,
                PeakMemory());
  } catch (const Error& error) {
    std::printf("\"error\": %s", Quoted(error.what()).c_str());
  }
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace
}  // namespace modlab

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool edges = !arguments.empty() && arguments.front() == "--edges";
  if (edges) arguments.erase(arguments.begin());
  if (arguments.empty() || arguments.size() % 2 != 0) {
    std::fprintf(stderr, "usage: graph_probe [--edges] MODEL SHAPE [MODEL SHAPE ...]\n");
    return 2;
  }
  modlab::Model::InitialiseLibTorch(1);
  for (size_t i = 0; i < arguments.size(); i += 2) modlab::Probe(arguments[i], arguments[i + 1], edges);
}
