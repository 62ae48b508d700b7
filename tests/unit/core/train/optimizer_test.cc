#include "core/train/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace modlab {
namespace {

using OptimizerKind = OptimizerOptions::Kind;

constexpr int kSteps = 100;
constexpr double kRate = 0.001;
constexpr double kScale = 0.5;

/// One weight under its rule as it stands in the books, in double.
struct PlainRule {
  OptimizerOptions options;
  double weight = 0;
  double momentum = 0;
  double mean = 0;
  double square = 0;
  int steps = 0;

  void Step(double gradient) {
    ++steps;
    double g = kScale * gradient + options.l1 * (weight > 0 ? 1 : -1);
    if (options.kind != OptimizerKind::kAdamW) g += options.weight_decay * weight;
    switch (options.kind) {
      case OptimizerKind::kSgd:
        Sgd(g);
        break;
      case OptimizerKind::kAdamW:
        weight -= kRate * options.weight_decay * weight;
        Adam(g);
        break;
      case OptimizerKind::kAdam:
        Adam(g);
        break;
      case OptimizerKind::kRmsprop:
        Rmsprop(g);
        break;
    }
  }

  void Sgd(double g) {
    momentum = steps == 1 ? g : options.momentum * momentum + (1 - options.dampening) * g;
    if (options.momentum == 0) {
      weight -= kRate * g;
    } else if (options.nesterov) {
      weight -= kRate * (g + options.momentum * momentum);
    } else {
      weight -= kRate * momentum;
    }
  }

  void Adam(double g) {
    mean = options.beta1 * mean + (1 - options.beta1) * g;
    square = options.beta2 * square + (1 - options.beta2) * g * g;
    const double unbiased_mean = mean / (1 - std::pow(options.beta1, steps));
    const double unbiased_square = square / (1 - std::pow(options.beta2, steps));
    weight -= kRate * unbiased_mean / (std::sqrt(unbiased_square) + options.epsilon);
  }

  void Rmsprop(double g) {
    square = options.alpha * square + (1 - options.alpha) * g * g;
    mean = options.alpha * mean + (1 - options.alpha) * g;
    const double variance = options.centered ? square - mean * mean : square;
    momentum = options.momentum * momentum + g / (std::sqrt(variance) + options.epsilon);
    weight -= kRate * momentum;
  }
};

struct Case {
  std::string name;
  OptimizerOptions options;
};

void PrintTo(const Case& printed, std::ostream* stream) { *stream << printed.name; }

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const auto add = [&](const std::string& name, OptimizerKind kind) -> OptimizerOptions& {
    cases.push_back({name, {}});
    cases.back().options.kind = kind;
    return cases.back().options;
  };
  add("Sgd", OptimizerKind::kSgd);
  add("SgdMomentum", OptimizerKind::kSgd).momentum = 0.9;
  OptimizerOptions& dampened = add("SgdDampened", OptimizerKind::kSgd);
  dampened.momentum = 0.8;
  dampened.dampening = 0.3;
  dampened.weight_decay = 0.1;
  OptimizerOptions& nesterov = add("SgdNesterov", OptimizerKind::kSgd);
  nesterov.momentum = 0.9;
  nesterov.nesterov = true;
  nesterov.l1 = 0.05;
  add("Adam", OptimizerKind::kAdam);
  OptimizerOptions& decayed = add("AdamWithDecay", OptimizerKind::kAdam);
  decayed.beta1 = 0.8;
  decayed.beta2 = 0.99;
  decayed.epsilon = 1e-4;
  decayed.weight_decay = 0.1;
  decayed.l1 = 0.05;
  OptimizerOptions& decoupled = add("AdamW", OptimizerKind::kAdamW);
  decoupled.weight_decay = 0.1;
  decoupled.l1 = 0.01;
  add("Rmsprop", OptimizerKind::kRmsprop).weight_decay = 0.1;
  OptimizerOptions& centered = add("RmspropCentered", OptimizerKind::kRmsprop);
  centered.centered = true;
  centered.alpha = 0.9;
  add("RmspropMomentum", OptimizerKind::kRmsprop).momentum = 0.5;
  OptimizerOptions& both = add("RmspropCenteredMomentum", OptimizerKind::kRmsprop);
  both.centered = true;
  both.momentum = 0.9;
  both.l1 = 0.05;
  return cases;
}

/// Two parameters, and gradients that do not depend on the weights.
template <typename Real>
class Training {
 public:
  Training(const OptimizerOptions& options, bool masked = false)
      : optimizer(options, {kSizes[0], kSizes[1]}), masked_(masked), random_(7) {
    Random random(5);
    for (size_t p = 0; p < 2; ++p) {
      weights[p].resize(kSizes[p]);
      masks[p].resize(kSizes[p]);
      for (Real& weight : weights[p]) weight = static_cast<Real>((random.Uniform() < 0.5 ? -1 : 1) * Size(random));
      for (uint8_t& entry : masks[p]) entry = random.Uniform() < 0.4 ? 0 : 1;
    }
  }

  /// The next step; returns its gradients.
  std::vector<std::vector<Real>> Step(bool skip_second = false) {
    std::vector<std::vector<Real>> gradients(2);
    std::vector<typename BasicOptimizer<Real>::Parameter> parameters(2);
    for (size_t p = 0; p < 2; ++p) {
      for (int64_t i = 0; i < kSizes[p]; ++i) gradients[p].push_back(static_cast<Real>(random_.Uniform() - 0.3));
      parameters[p].values = weights[p].data();
      parameters[p].gradient = p == 1 && skip_second ? nullptr : gradients[p].data();
      parameters[p].mask = masked_ ? masks[p].data() : nullptr;
    }
    optimizer.Step(kRate, kScale, parameters);
    return gradients;
  }

  static constexpr int64_t kSizes[] = {37, 5};
  BasicOptimizer<Real> optimizer;
  std::vector<Real> weights[2];
  std::vector<uint8_t> masks[2];

 private:
  /// Away from 0, so that no weight changes its sign, where the rule with l1 jumps.
  static double Size(Random& random) { return 1 + random.Uniform(); }

  bool masked_;
  Random random_;
};

class OptimizerRules : public testing::TestWithParam<Case> {};

template <typename Real>
void ExpectFollowsFormula(const OptimizerOptions& options, double tolerance) {
  Training<Real> training(options);
  std::vector<PlainRule> plain[2];
  for (size_t p = 0; p < 2; ++p) {
    for (const Real weight : training.weights[p]) plain[p].push_back({options, static_cast<double>(weight)});
  }
  for (int step = 0; step < kSteps; ++step) {
    const bool skip_second = step < 3 || step % 5 == 0;
    const auto gradients = training.Step(skip_second);
    for (size_t p = 0; p < (skip_second ? 1 : 2); ++p) {
      for (size_t i = 0; i < plain[p].size(); ++i) plain[p][i].Step(static_cast<double>(gradients[p][i]));
    }
  }
  for (size_t p = 0; p < 2; ++p) {
    EXPECT_EQ(training.optimizer.step_count(p), plain[p][0].steps);
    for (size_t i = 0; i < plain[p].size(); ++i) {
      EXPECT_NEAR(static_cast<double>(training.weights[p][i]), plain[p][i].weight, tolerance);
    }
  }
}

TEST_P(OptimizerRules, FollowsItsFormula) {
  // In single precision weights of 1 to 2 are rounded by up to 6e-8 in each of 100 steps.
  ExpectFollowsFormula<float>(GetParam().options, 3e-6);
  ExpectFollowsFormula<double>(GetParam().options, 1e-13);
}

TEST_P(OptimizerRules, MaskedEntriesNeverChange) {
  Training<float> training(GetParam().options, true);
  Training<float> unmasked(GetParam().options);
  const std::vector<float> before[] = {training.weights[0], training.weights[1]};
  for (int step = 0; step < 10; ++step) {
    training.Step();
    unmasked.Step();
  }
  for (size_t p = 0; p < 2; ++p) {
    for (size_t i = 0; i < before[p].size(); ++i) {
      EXPECT_EQ(training.weights[p][i], training.masks[p][i] == 0 ? before[p][i] : unmasked.weights[p][i]);
      for (const std::string& name : training.optimizer.buffer_names()) {
        EXPECT_EQ(training.optimizer.buffer(name, p)[i],
                  training.masks[p][i] == 0 ? 0 : unmasked.optimizer.buffer(name, p)[i]);
      }
    }
  }
}

TEST_P(OptimizerRules, StateCarriedOverGoesOnBitForBit) {
  Training<float> straight(GetParam().options);
  Training<float> first(GetParam().options);
  Training<float> second(GetParam().options);
  for (int step = 0; step < 20; ++step) straight.Step();
  for (int step = 0; step < 10; ++step) {
    first.Step();
    second.Step();  // For its gradients only.
  }
  second.optimizer.Reset();
  for (size_t p = 0; p < 2; ++p) {
    EXPECT_EQ(second.optimizer.step_count(p), 0);
    second.weights[p] = first.weights[p];
    for (const std::string& name : first.optimizer.buffer_names()) {
      float* const to = second.optimizer.buffer(name, p);
      EXPECT_EQ(to[0], 0);
      const float* const from = std::as_const(first.optimizer).buffer(name, p);
      std::copy_n(from, second.optimizer.sizes()[p], to);
    }
    second.optimizer.set_step_count(p, first.optimizer.step_count(p));
  }
  for (int step = 0; step < 10; ++step) second.Step();
  EXPECT_EQ(second.weights[0], straight.weights[0]);
  EXPECT_EQ(second.weights[1], straight.weights[1]);
}

TEST_P(OptimizerRules, StartsAnewAfterReset) {
  Training<float> used(GetParam().options);
  used.Step();
  used.Step();
  Training<float> fresh(GetParam().options);
  fresh.optimizer = used.optimizer;
  fresh.optimizer.Reset();
  fresh.Step();
  Training<float> expected(GetParam().options);
  expected.Step();
  EXPECT_EQ(fresh.weights[0], expected.weights[0]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, OptimizerRules, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<Case>& info) { return info.param.name; });

std::vector<std::string> BufferNames(const OptimizerOptions& options) { return Optimizer(options, {}).buffer_names(); }

TEST(OptimizerState, HasTheBuffersThatTheRuleNeeds) {
  using Names = std::vector<std::string>;
  OptimizerOptions options;
  EXPECT_EQ(BufferNames(options), (Names{"first_moment", "second_moment"}));
  options.kind = OptimizerKind::kSgd;
  EXPECT_EQ(BufferNames(options), Names{});
  options.momentum = 0.9;
  EXPECT_EQ(BufferNames(options), Names{"momentum"});
  options.kind = OptimizerKind::kRmsprop;
  options.centered = true;
  EXPECT_EQ(BufferNames(options), (Names{"second_moment", "mean_gradient", "momentum"}));
  EXPECT_THROW(Optimizer(options, {1}).buffer("first_moment", 0), std::logic_error);
}

#ifdef __SSE2__
TEST(OptimizerState, DecaysToZeroRatherThanBelowTheSmallestNormalNumber) {
  Optimizer optimizer({}, {1});
  float weight = 1;
  float gradient = 1e-3F;
  optimizer.Step(0.1, 1, {{&weight, &gradient, nullptr}});
  gradient = 0;
  const float* const moment = optimizer.buffer("first_moment", 0);
  int steps = 0;
  for (; *moment != 0 && steps < 2000; ++steps) {
    EXPECT_GE(*moment, std::numeric_limits<float>::min());
    optimizer.Step(0.1, 1, {{&weight, &gradient, nullptr}});
  }
  EXPECT_GT(steps, 500);
  EXPECT_LT(steps, 1000);
}
#endif

TEST(OptimizerState, CentredVarianceIsNeverNegative) {
  OptimizerOptions options;
  options.kind = OptimizerKind::kRmsprop;
  options.centered = true;
  options.alpha = 0.5;
  Optimizer optimizer(options, {64});
  std::vector<float> weights(64, 1);
  std::vector<float> gradient(64);
  for (size_t i = 0; i < 64; ++i) gradient[i] = 0.1F + 0.01F * static_cast<float>(i);  // the same every step
  for (int step = 0; step < 200; ++step) {
    optimizer.Step(1e-12, 1, {{weights.data(), gradient.data(), nullptr}});
  }
  for (const float weight : weights) EXPECT_TRUE(std::isfinite(weight));
}

TEST(OptimizerState, AnotherNumberOfParametersIsOurFault) {
  Optimizer optimizer({}, {1, 1});
  EXPECT_THROW(optimizer.Step(0.1, 1, {{nullptr, nullptr, nullptr}}), std::logic_error);
  EXPECT_THROW(Optimizer({}, {-1}), std::logic_error);
}

void ExpectOptimizerRefused(const OptimizerOptions& options, const std::string& option) {
  try {
    Optimizer(options, {1}).Reset();
    ADD_FAILURE() << option << " was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
    EXPECT_EQ(error.metadata().at("option"), option);
  }
}

TEST(OptimizerOptionsCheck, RefusesWhatIsOutOfRange) {
  const double nan = std::nan("");
  OptimizerOptions options;
  const auto refused = [&](double OptimizerOptions::*field, double value, const char* name) {
    OptimizerOptions changed = options;
    changed.*field = value;
    ExpectOptimizerRefused(changed, name);
  };
  refused(&OptimizerOptions::weight_decay, -1, "weight_decay");
  refused(&OptimizerOptions::l1, nan, "l1");
  refused(&OptimizerOptions::beta1, 1, "beta1");
  refused(&OptimizerOptions::beta2, -0.1, "beta2");
  refused(&OptimizerOptions::epsilon, -1e-9, "epsilon");
  options.kind = OptimizerKind::kRmsprop;
  refused(&OptimizerOptions::alpha, 1.1, "alpha");
  refused(&OptimizerOptions::momentum, -1, "momentum");
  options.kind = OptimizerKind::kSgd;
  refused(&OptimizerOptions::momentum, nan, "momentum");
  refused(&OptimizerOptions::dampening, std::numeric_limits<double>::infinity(), "dampening");
  options.nesterov = true;
  ExpectOptimizerRefused(options, "nesterov");
  options.momentum = 0.9;
  options.dampening = 0.1;
  ExpectOptimizerRefused(options, "nesterov");
}

TEST(SquaredNorm, AddsUpWhatIsNotMasked) {
  const std::vector<float> gradient = {3, 4, std::nanf(""), 12};
  const std::vector<uint8_t> mask = {1, 1, 0, 1};
  EXPECT_EQ(SquaredNorm(gradient.data(), 4, mask.data()), 169);
  EXPECT_EQ(SquaredNorm(gradient.data(), 2), 25);
  EXPECT_TRUE(std::isnan(SquaredNorm(gradient.data(), 4)));
  // Squares that single precision cannot hold.
  const std::vector<float> large = {1e30F, 1e30F};
  EXPECT_NEAR(SquaredNorm(large.data(), 2), 2e60, 1e54);
}

}  // namespace
}  // namespace modlab
