#include "core/train/pruning.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace modlab {
namespace {

using Mask = std::vector<uint8_t>;

TEST(PruningSchedule, FollowsTheCubicInSteps) {
  PruningSchedule schedule;
  schedule.initial = 0.1;
  schedule.final = 0.9;
  schedule.begin_step = 100;
  schedule.end_step = 200;
  schedule.every = 10;
  EXPECT_EQ(SparsityAt(schedule, 99), 0);
  EXPECT_DOUBLE_EQ(SparsityAt(schedule, 100), 0.1);
  EXPECT_DOUBLE_EQ(SparsityAt(schedule, 109), 0.1);
  EXPECT_DOUBLE_EQ(SparsityAt(schedule, 110), 0.9 - 0.8 * std::pow(0.9, 3));
  EXPECT_DOUBLE_EQ(SparsityAt(schedule, 155), 0.9 - 0.8 * std::pow(0.5, 3));
  EXPECT_EQ(SparsityAt(schedule, 200), 0.9);
  EXPECT_EQ(SparsityAt(schedule, 100000), 0.9);
  for (int64_t step = 1; step < 300; ++step) EXPECT_GE(SparsityAt(schedule, step), SparsityAt(schedule, step - 1));
}

TEST(PruningSchedule, PrunesAtOnceWhereItHasNoLength) {
  PruningSchedule schedule;
  schedule.final = 0.5;
  schedule.begin_step = schedule.end_step = 3;
  EXPECT_EQ(SparsityAt(schedule, 2), 0);
  EXPECT_EQ(SparsityAt(schedule, 3), 0.5);
}

TEST(PruningSchedule, RefusesWhatIsOutOfRange) {
  const auto refused = [](auto field, auto value, const std::string& name) {
    PruningSchedule schedule;
    schedule.initial = 0.2;
    schedule.final = 0.5;
    schedule.end_step = 10;
    EXPECT_NO_THROW(CheckPruningSchedule(schedule));
    schedule.*field = value;
    try {
      CheckPruningSchedule(schedule);
      ADD_FAILURE() << name << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
      EXPECT_EQ(error.metadata().at("option"), name);
    }
  };
  refused(&PruningSchedule::initial, -0.1, "initial sparsity");
  refused(&PruningSchedule::final, 0.1, "final sparsity");
  refused(&PruningSchedule::final, std::nan(""), "final sparsity");
  refused(&PruningSchedule::begin_step, -1, "begin_step");
  refused(&PruningSchedule::begin_step, 11, "end_step");
  refused(&PruningSchedule::every, 0, "every");
}

template <typename Real>
std::vector<PrunableTensor<Real>> Tensors(const std::vector<std::vector<Real>>& weights, std::vector<Mask>& masks) {
  std::vector<PrunableTensor<Real>> tensors;
  for (size_t t = 0; t < weights.size(); ++t) {
    tensors.push_back({weights[t].data(), masks[t].data(), static_cast<int64_t>(weights[t].size())});
  }
  return tensors;
}

TEST(Pruning, TakesTheSmallestOfAllOrOfEachTensor) {
  const std::vector<std::vector<float>> weights = {{0.1F, -0.2F, 0.3F, -0.4F}, {5, -6, 7, 8}};
  std::vector<Mask> masks(2, Mask(4, 1));
  PruneByMagnitude(Tensors(weights, masks), 0.5, PruningScope::kGlobal);
  EXPECT_EQ(masks, (std::vector<Mask>{{0, 0, 0, 0}, {1, 1, 1, 1}}));
  masks.assign(2, Mask(4, 1));
  PruneByMagnitude(Tensors(weights, masks), 0.5, PruningScope::kPerTensor);
  EXPECT_EQ(masks, (std::vector<Mask>{{0, 0, 1, 1}, {0, 0, 1, 1}}));
}

TEST(Pruning, TakesTheEarlierOfEqualWeights) {
  const std::vector<std::vector<double>> weights = {{1, -1, 2}, {1, 0.5, -1, 1}};
  std::vector<Mask> masks = {Mask(3, 1), Mask(4, 1)};
  PruneByMagnitude(Tensors(weights, masks), 4.0 / 7, PruningScope::kGlobal);
  EXPECT_EQ(masks, (std::vector<Mask>{{0, 0, 1}, {0, 0, 1, 1}}));
}

TEST(Pruning, NeverTakesBackWhatWasPruned) {
  const std::vector<std::vector<float>> weights = {{9, 1, 2, 3, 8}};
  std::vector<Mask> masks = {{0, 1, 1, 1, 0}};
  PruneByMagnitude(Tensors(weights, masks), 0.2, PruningScope::kGlobal);
  EXPECT_EQ(masks[0], (Mask{0, 1, 1, 1, 0}));
  PruneByMagnitude(Tensors(weights, masks), 0.6, PruningScope::kGlobal);
  EXPECT_EQ(masks[0], (Mask{0, 0, 1, 1, 0}));
  PruneByMagnitude(Tensors(weights, masks), 1, PruningScope::kGlobal);
  EXPECT_EQ(masks[0], Mask(5, 0));
}

TEST(Pruning, CountsWhatIsNotANumberAsTheLargest) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<std::vector<float>> weights = {{-std::nanf(""), infinity, -0.0F, 3e38F}};
  std::vector<Mask> masks = {Mask(4, 1)};
  PruneByMagnitude(Tensors(weights, masks), 0.25, PruningScope::kGlobal);
  EXPECT_EQ(masks[0], (Mask{1, 1, 0, 1}));
  PruneByMagnitude(Tensors(weights, masks), 0.75, PruningScope::kGlobal);
  EXPECT_EQ(masks[0], (Mask{1, 0, 0, 0}));
}

/// What sorting all of them by (magnitude, position) gives.
TEST(Pruning, TakesExactlyAsManyAsSorting) {
  Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<std::vector<float>> weights = {std::vector<float>(random.Index(20)), std::vector<float>(30)};
    std::vector<Mask> masks;
    std::vector<std::pair<float, std::pair<size_t, size_t>>> order;
    for (size_t t = 0; t < weights.size(); ++t) {
      masks.emplace_back(weights[t].size(), 1);
      for (size_t i = 0; i < weights[t].size(); ++i) {
        weights[t][i] = static_cast<float>(random.Index(9) - 4);  // many equal ones
        order.push_back({std::abs(weights[t][i]), {t, i}});
      }
    }
    std::sort(order.begin(), order.end());
    std::vector<Mask> expected = masks;
    const double sparsity = random.Uniform();
    const long count = std::lround(sparsity * static_cast<double>(order.size()));
    for (long i = 0; i < count; ++i) expected[order[i].second.first][order[i].second.second] = 0;
    PruneByMagnitude(Tensors(weights, masks), sparsity, PruningScope::kGlobal);
    EXPECT_EQ(masks, expected);
  }
}

TEST(Pruning, RefusesASparsityThatIsNone) {
  std::vector<Mask> masks = {Mask(1, 1)};
  const std::vector<std::vector<float>> weights = {{1}};
  for (const double sparsity : {-0.1, 1.1, std::nan("")}) {
    EXPECT_THROW(PruneByMagnitude(Tensors(weights, masks), sparsity, PruningScope::kGlobal), Error);
  }
}

}  // namespace
}  // namespace modlab
