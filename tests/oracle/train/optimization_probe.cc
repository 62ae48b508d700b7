// Runs an optimiser over given gradients, or prints a learning rate schedule, for comparison with torch.optim. Usage:
//
//   optimization_probe optimizer float|double COUNT STEPS KIND KEY=VALUE ...
//   optimization_probe schedule BASE TOTAL_STEPS KIND KEY=VALUE ...
//
// The first reads COUNT weights and STEPS times as many gradients from standard input and writes the weights after each
// step to standard output, raw numbers of the type, in the machine's byte order; KEYs are the options' fields,
// `learning_rate` and `gradient_scale`. The second prints the rates of all steps, one a line.

#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/train/learning_rate.h"
#include "core/train/optimizer.h"

namespace modlab {
namespace {

using Values = std::map<std::string, double>;

Values ParseValues(const std::vector<std::string>& words, size_t first) {
  Values values;
  for (size_t i = first; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    values[words[i].substr(0, equals)] = std::stod(words[i].substr(equals + 1));
  }
  return values;
}

/// Takes a value out; those that nobody has taken are misspelt.
template <typename Field>
void Take(Values& values, const std::string& key, Field& field) {
  const auto found = values.find(key);
  if (found == values.end()) return;
  field = static_cast<Field>(found->second);
  values.erase(found);
}

void CheckAllTaken(const Values& values) {
  if (!values.empty()) throw std::runtime_error("unknown key " + values.begin()->first);
}

template <typename Real>
void RunOptimizer(const std::vector<std::string>& words) {
  const int64_t count = std::stoll(words.at(2));
  const int64_t steps = std::stoll(words.at(3));
  const std::map<std::string, OptimizerOptions::Kind> kinds = {{"sgd", OptimizerOptions::Kind::kSgd},
                                                               {"adam", OptimizerOptions::Kind::kAdam},
                                                               {"adamw", OptimizerOptions::Kind::kAdamW},
                                                               {"rmsprop", OptimizerOptions::Kind::kRmsprop}};
  OptimizerOptions options;
  options.kind = kinds.at(words.at(4));
  Values values = ParseValues(words, 5);
  Take(values, "momentum", options.momentum);
  Take(values, "nesterov", options.nesterov);
  Take(values, "dampening", options.dampening);
  Take(values, "beta1", options.beta1);
  Take(values, "beta2", options.beta2);
  Take(values, "epsilon", options.epsilon);
  Take(values, "alpha", options.alpha);
  Take(values, "centered", options.centered);
  Take(values, "weight_decay", options.weight_decay);
  Take(values, "l1", options.l1);
  double learning_rate = 0.001;
  double gradient_scale = 1;
  Take(values, "learning_rate", learning_rate);
  Take(values, "gradient_scale", gradient_scale);
  CheckAllTaken(values);

  const auto read = [&] {
    std::vector<Real> numbers(static_cast<size_t>(count));
    std::cin.read(reinterpret_cast<char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(Real)));
    if (!std::cin) throw std::runtime_error("the input ends too early");
    return numbers;
  };
  std::vector<Real> weights = read();
  BasicOptimizer<Real> optimizer(options, {count});
  for (int64_t step = 0; step < steps; ++step) {
    const std::vector<Real> gradient = read();
    optimizer.Step(learning_rate, gradient_scale, {{weights.data(), gradient.data(), nullptr}});
    std::cout.write(reinterpret_cast<const char*>(weights.data()),
                    static_cast<std::streamsize>(weights.size() * sizeof(Real)));
  }
}

void PrintSchedule(const std::vector<std::string>& words) {
  const double base = std::stod(words.at(1));
  const int64_t total_steps = std::stoll(words.at(2));
  const std::map<std::string, LearningRateSchedule::Kind> kinds = {
      {"constant", LearningRateSchedule::Kind::kConstant},
      {"step", LearningRateSchedule::Kind::kStep},
      {"cosine", LearningRateSchedule::Kind::kCosine},
      {"one_cycle", LearningRateSchedule::Kind::kOneCycle}};
  LearningRateSchedule schedule;
  schedule.kind = kinds.at(words.at(3));
  Values values = ParseValues(words, 4);
  Take(values, "warmup_steps", schedule.warmup_steps);
  Take(values, "step_size", schedule.step_size);
  Take(values, "gamma", schedule.gamma);
  Take(values, "minimum", schedule.minimum);
  Take(values, "rising_part", schedule.rising_part);
  Take(values, "initial_divisor", schedule.initial_divisor);
  Take(values, "final_divisor", schedule.final_divisor);
  CheckAllTaken(values);
  CheckLearningRateSchedule(schedule, base, total_steps);
  for (int64_t step = 0; step < total_steps; ++step) {
    std::printf("%.17g\n", LearningRateAt(schedule, base, step, total_steps));
  }
}

}  // namespace
}  // namespace modlab

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.at(0) == "schedule") {
      modlab::PrintSchedule(words);
    } else if (words.at(1) == "float") {
      modlab::RunOptimizer<float>(words);
    } else {
      modlab::RunOptimizer<double>(words);
    }
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "optimization_probe: %s\n", exception.what());
    return 1;
  }
}
