// Does our part of compare.py: reads a model, then a task from each line of standard input, and prints what it found
// and how long that took. Both are JSON, a line each; probe_tasks.h lists the tasks. Usage:
//
//   bench_probe MODEL [SHAPE] [--filan]
//
// SHAPE is the example input's, as in 1,3,224,224. With --filan the graph is that of the preset `filan`: of a network
// with convolutions only the channels that these write, joined by the kernels' largest column sums.
//
// Every answer has `memory`: the most that the process has had, in bytes, above what it had with LibTorch loaded and
// before it read the model.

#include <cstdio>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/model_reader.h"
#include "tests/bench/probe_tasks.h"
#include "tests/bench/process_memory.h"

namespace modlab {
namespace {

ReaderOptions ToReaderOptions(const std::vector<std::string>& arguments) {
  ReaderOptions options;
  for (const std::string& argument : arguments) {
    if (argument == "--filan") {
      options.kernel_norm = KernelNorm::kMaxColumnSum;
      options.fold_batch_norm = false;
      options.cnn_layers = CnnLayers::kConvolutionOutputs;
      continue;
    }
    std::istringstream sizes(argument);
    InputShape& shape = options.input_shapes.emplace_back();
    for (std::string size; std::getline(sizes, size, ',');) shape.dimensions.push_back(std::stoll(size));
  }
  return options;
}

void AnswerAll(const std::string& model, const ReaderOptions& options) {
  const double memory_before = ResidentMemory();
  ProbeTasks tasks(Model::Load(model), options);
  for (std::string line; std::getline(std::cin, line);) {
    nlohmann::json answer = tasks.Do(nlohmann::json::parse(line));
    answer["memory"] = PeakMemory() - memory_before;
    std::cout << answer.dump() << std::endl;
  }
}

}  // namespace
}  // namespace modlab

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::fprintf(stderr, "usage: bench_probe MODEL [SHAPE] [--filan]\n");
    return 2;
  }
  try {
    modlab::Model::InitialiseLibTorch();
    modlab::AnswerAll(arguments[0], modlab::ToReaderOptions({arguments.begin() + 1, arguments.end()}));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_probe: %s\n", error.what());
    return 1;
  }
}
