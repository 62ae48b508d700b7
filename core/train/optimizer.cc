#include "core/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/train/optimizer_kernels.h"

namespace modlab {
namespace {

using Kind = OptimizerOptions::Kind;

/// `valid` is false for what is not a number, too.
void CheckOption(bool valid, const char* name, double value, const char* range) {
  if (valid && std::isfinite(value)) return;
  std::ostringstream message;
  message << "the optimiser's " << name << " is " << value << "; it must be " << range;
  throw Error(ErrorKind::kInvalidOption, message.str(), {{"option", name}});
}

void CheckNotNegative(const char* name, double value) { CheckOption(value >= 0, name, value, "0 or above"); }

/// By multiplications only: std::pow's last bit depends on the CPU.
double Power(double base, int64_t exponent) {
  double power = 1;
  for (double square = base; exponent > 0; exponent /= 2, square *= square) {
    if (exponent % 2 == 1) power *= square;
  }
  return power;
}

template <typename Real>
void Fill(UpdateArrays<Real>& update, const typename BasicOptimizer<Real>::Parameter& parameter, int64_t count,
          double gradient_scale, const OptimizerOptions& options) {
  update.values = parameter.values;
  update.gradient = parameter.gradient;
  update.mask = parameter.mask;
  update.count = count;
  update.gradient_scale = static_cast<Real>(gradient_scale);
  update.weight_decay = options.kind == Kind::kAdamW ? Real{0} : static_cast<Real>(options.weight_decay);
  update.l1 = static_cast<Real>(options.l1);
}

}  // namespace

void CheckOptimizerOptions(const OptimizerOptions& options) {
  CheckNotNegative("weight_decay", options.weight_decay);
  CheckNotNegative("l1", options.l1);
  if (options.kind != Kind::kSgd) CheckNotNegative("epsilon", options.epsilon);
  switch (options.kind) {
    case Kind::kSgd:
      CheckNotNegative("momentum", options.momentum);
      CheckOption(true, "dampening", options.dampening, "a finite number");
      if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
        throw Error(ErrorKind::kInvalidOption,
                    "Nesterov's momentum needs a momentum above 0 and no dampening; give a momentum, for example 0.9, "
                    "or leave nesterov out",
                    {{"option", "nesterov"}});
      }
      break;
    case Kind::kAdam:
    case Kind::kAdamW:
      CheckOption(options.beta1 >= 0 && options.beta1 < 1, "beta1", options.beta1, "at least 0 and below 1");
      CheckOption(options.beta2 >= 0 && options.beta2 < 1, "beta2", options.beta2, "at least 0 and below 1");
      break;
    case Kind::kRmsprop:
      CheckNotNegative("momentum", options.momentum);
      CheckOption(options.alpha >= 0 && options.alpha <= 1, "alpha", options.alpha, "between 0 and 1");
      break;
  }
}

template <typename Real>
BasicOptimizer<Real>::BasicOptimizer(const OptimizerOptions& options, std::vector<int64_t> sizes)
    : options_(options), sizes_(std::move(sizes)), step_counts_(sizes_.size(), 0) {
  CheckOptimizerOptions(options_);
  if (std::any_of(sizes_.begin(), sizes_.end(), [](int64_t size) { return size < 0; })) {
    throw std::logic_error("a parameter of negative size");
  }
  switch (options_.kind) {
    case Kind::kSgd:
      if (options_.momentum != 0) AddBuffer("momentum");
      break;
    case Kind::kAdam:
    case Kind::kAdamW:
      AddBuffer("first_moment");
      AddBuffer("second_moment");
      break;
    case Kind::kRmsprop:
      AddBuffer("second_moment");
      if (options_.centered) AddBuffer("mean_gradient");
      if (options_.momentum != 0) AddBuffer("momentum");
      break;
  }
}

template <typename Real>
void BasicOptimizer<Real>::AddBuffer(const std::string& name) {
  Buffer& buffer = buffers_.emplace_back();
  buffer.name = name;
  for (const int64_t size : sizes_) buffer.of_parameter.emplace_back(static_cast<size_t>(size));
}

template <typename Real>
Real* BasicOptimizer<Real>::Find(const std::string& name, size_t parameter) {
  for (Buffer& buffer : buffers_) {
    if (buffer.name == name) return buffer.of_parameter.at(parameter).data();
  }
  return nullptr;
}

template <typename Real>
void BasicOptimizer<Real>::Step(double learning_rate, double gradient_scale, const std::vector<Parameter>& parameters) {
  if (parameters.size() != sizes_.size()) throw std::logic_error("a step with another number of parameters");
  for (size_t index = 0; index < parameters.size(); ++index) {
    const Parameter& parameter = parameters[index];
    if (parameter.gradient == nullptr) continue;
    ++step_counts_[index];
    switch (options_.kind) {
      case Kind::kSgd:
        StepSgd(learning_rate, gradient_scale, index, parameter);
        break;
      case Kind::kAdam:
      case Kind::kAdamW:
        StepAdam(learning_rate, gradient_scale, index, parameter);
        break;
      case Kind::kRmsprop:
        StepRmsprop(learning_rate, gradient_scale, index, parameter);
        break;
    }
  }
}

template <typename Real>
void BasicOptimizer<Real>::StepSgd(double learning_rate, double gradient_scale, size_t index,
                                   const Parameter& parameter) {
  SgdUpdate<Real> update;
  Fill(update, parameter, sizes_[index], gradient_scale, options_);
  update.momentum_buffer = Find("momentum", index);
  update.momentum = static_cast<Real>(options_.momentum);
  // The first gradient becomes the buffer, which is 0 until then.
  update.undamped = step_counts_[index] == 1 ? Real{1} : static_cast<Real>(1 - options_.dampening);
  update.nesterov = options_.nesterov;
  update.rate = static_cast<Real>(learning_rate);
  ApplyUpdate(update);
}

template <typename Real>
void BasicOptimizer<Real>::StepAdam(double learning_rate, double gradient_scale, size_t index,
                                    const Parameter& parameter) {
  const double first_correction = 1 - Power(options_.beta1, step_counts_[index]);
  const double second_correction = 1 - Power(options_.beta2, step_counts_[index]);
  AdamUpdate<Real> update;
  Fill(update, parameter, sizes_[index], gradient_scale, options_);
  update.first_moment = Find("first_moment", index);
  update.second_moment = Find("second_moment", index);
  update.beta1 = static_cast<Real>(options_.beta1);
  update.rest1 = static_cast<Real>(1 - options_.beta1);
  update.beta2 = static_cast<Real>(options_.beta2);
  update.rest2 = static_cast<Real>(1 - options_.beta2);
  update.root_scale = static_cast<Real>(1 / std::sqrt(second_correction));
  update.epsilon = static_cast<Real>(options_.epsilon);
  update.rate = static_cast<Real>(learning_rate / first_correction);
  if (options_.kind == Kind::kAdamW) update.decay = static_cast<Real>(learning_rate * options_.weight_decay);
  ApplyUpdate(update);
}

template <typename Real>
void BasicOptimizer<Real>::StepRmsprop(double learning_rate, double gradient_scale, size_t index,
                                       const Parameter& parameter) {
  RmspropUpdate<Real> update;
  Fill(update, parameter, sizes_[index], gradient_scale, options_);
  update.second_moment = Find("second_moment", index);
  update.mean_gradient = Find("mean_gradient", index);
  update.momentum_buffer = Find("momentum", index);
  update.alpha = static_cast<Real>(options_.alpha);
  update.rest = static_cast<Real>(1 - options_.alpha);
  update.epsilon = static_cast<Real>(options_.epsilon);
  update.momentum = static_cast<Real>(options_.momentum);
  update.rate = static_cast<Real>(learning_rate);
  ApplyUpdate(update);
}

template <typename Real>
void BasicOptimizer<Real>::Reset() {
  std::fill(step_counts_.begin(), step_counts_.end(), 0);
  for (Buffer& buffer : buffers_) {
    for (auto& numbers : buffer.of_parameter) std::fill(numbers.begin(), numbers.end(), Real{0});
  }
}

template <typename Real>
std::vector<std::string> BasicOptimizer<Real>::buffer_names() const {
  std::vector<std::string> names;
  for (const Buffer& buffer : buffers_) names.push_back(buffer.name);
  return names;
}

template <typename Real>
const Real* BasicOptimizer<Real>::buffer(const std::string& name, size_t parameter) const {
  for (const Buffer& buffer : buffers_) {
    if (buffer.name == name) return buffer.of_parameter.at(parameter).data();
  }
  throw std::logic_error("the optimiser has no buffer " + name);
}

template <typename Real>
Real* BasicOptimizer<Real>::buffer(const std::string& name, size_t parameter) {
  return const_cast<Real*>(std::as_const(*this).buffer(name, parameter));
}

template class BasicOptimizer<float>;
template class BasicOptimizer<double>;

double SquaredNorm(const float* gradient, int64_t count, const uint8_t* mask) {
  return SumOfSquares(gradient, mask, count);
}

double SquaredNorm(const double* gradient, int64_t count, const uint8_t* mask) {
  return SumOfSquares(gradient, mask, count);
}

}  // namespace modlab
