// Reads models as unit graphs and prints each graph as a line of JSON, for comparison with other implementations.
// Usage:
//
//   graph_probe [--edges] [--plain] MODEL SHAPE [MODEL SHAPE ...]
//
// SHAPE: `1,3,224,224` or `1,16:int64`, several with `;` between them, or `-` where it is to be derived. With --edges
// every block's non-zero entries are printed, too, as [source unit, target unit, weight]; with --plain no norm is
// folded. Memory is the largest that the process has had so far, without its libraries' own pages: before the model is
// loaded, after it, and after it was read.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
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

/// A line of /proc/self/status, in bytes.
double MemoryOf(const std::string& what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(what + ":", 0) == 0) return 1024.0 * std::stod(line.substr(what.size() + 1));
  }
  return 0;
}

/// Largest memory that this program has had, in bytes, without the pages of its libraries. getrusage() would count what
/// ran in the process before it, too.
double PeakMemory() { return MemoryOf("VmHWM") - MemoryOf("RssFile"); }

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

struct Options {
  bool edges = false;
  bool plain = false;
};

void Probe(const std::string& path, const std::string& shapes, const Options& asked) {
  std::printf("{\"model\": %s, ", Quoted(path).c_str());
  try {
    const double before = PeakMemory();
    Model model = Model::Load(path);
    const double loaded = PeakMemory();
    RunContext context;
    ReaderOptions options;
    options.input_shapes = ParseShapes(shapes);
    options.fold_batch_norm = !asked.plain;
    const auto start = std::chrono::steady_clock::now();
    const UnitGraph graph = model.Read(options, context);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    PrintGraph(graph, asked.edges);
    std::printf(R"(, "seconds": %.3f, "memory_before": %.0f, "memory_after_load": %.0f, "memory": %.0f)",
                seconds.count(), before, loaded, PeakMemory());
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
  const auto take = [&](const char* option) {
    const auto found = std::find(arguments.begin(), arguments.end(), option);
    if (found == arguments.end()) return false;
    arguments.erase(found);
    return true;
  };
  const modlab::Options asked{take("--edges"), take("--plain")};
  if (arguments.empty() || arguments.size() % 2 != 0) {
    std::fprintf(stderr, "usage: graph_probe [--edges] [--plain] MODEL SHAPE [MODEL SHAPE ...]\n");
    return 2;
  }
  modlab::Model::InitialiseLibTorch();
  for (size_t i = 0; i < arguments.size(); i += 2) modlab::Probe(arguments[i], arguments[i + 1], asked);
}
