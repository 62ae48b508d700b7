#include "core/train/masks.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

/// A 4x6 and a 3x4 weight and a bias, of magnitudes that rise; of the first, the first half may not change.
class MasksTest : public testing::Test {
 protected:
  static TrainableModel::Parameter Rising(const char* name, const std::vector<int64_t>& shape) {
    int64_t entries = 1;
    for (const int64_t size : shape) entries *= size;
    return {name, at::arange(1, entries + 1).to(at::kFloat).reshape(shape).contiguous()};
  }

  void SetUp() override {
    std::vector<uint8_t> second_half(24, 0);
    std::fill(second_half.begin() + 12, second_half.end(), 1);
    options_.masks.push_back({"first", second_half});
    options_.pruning = PruningOptions{0.75, 0, 1, 1, false};
  }

  static int64_t Zeros(const at::Tensor& values) { return values.eq(0).sum().item<int64_t>(); }
  at::Tensor FirstHalf() const { return parameters_[0].tensor.flatten().slice(0, 0, 12); }
  at::Tensor SecondHalf() const { return parameters_[0].tensor.flatten().slice(0, 12, 24); }

  std::vector<TrainableModel::Parameter> parameters_ = {Rising("first", {4, 6}), Rising("second", {3, 4}),
                                                        Rising("bias", {4})};
  TrainingOptions options_;
};

TEST_F(MasksTest, PruningLeavesEntriesThatAreNotTrained) {
  Masks masks(parameters_, options_);
  EXPECT_EQ(masks.sparsity(), 0);
  ASSERT_TRUE(masks.Prune(1, 1));
  EXPECT_TRUE(at::equal(FirstHalf(), at::arange(1, 13).to(at::kFloat)));
  EXPECT_EQ(Zeros(SecondHalf()), 6) << "of the 24 that are trained, 18";
  EXPECT_EQ(Zeros(parameters_[1].tensor), 12);
  EXPECT_EQ(Zeros(parameters_[2].tensor), 0);
  EXPECT_EQ(masks.sparsity(), 0.75);
  EXPECT_EQ(masks.of(0)[11], 0) << "masked";
  EXPECT_EQ(masks.of(0)[17], 0) << "pruned";
  EXPECT_EQ(masks.of(0)[18], 1);
}

TEST_F(MasksTest, EachParametersShareIsOfWhatIsTrainedOfIt) {
  options_.pruning->sparsity = 0.25;
  options_.pruning->per_parameter = true;
  Masks masks(parameters_, options_);
  ASSERT_TRUE(masks.Prune(1, 1));
  EXPECT_EQ(Zeros(FirstHalf()), 0);
  EXPECT_EQ(Zeros(SecondHalf()), 3);
  EXPECT_EQ(Zeros(parameters_[1].tensor), 3);
  EXPECT_EQ(masks.sparsity(), 0.25);
}

TEST_F(MasksTest, WhatIsPrunedOutlivesACheckpoint) {
  Masks masks(parameters_, options_);
  masks.Prune(1, 1);
  std::vector<NamedArray> checkpoint;
  masks.AppendTo(checkpoint);
  Masks again(parameters_, options_);
  again.Restore(checkpoint);
  EXPECT_EQ(again.sparsity(), masks.sparsity());
  for (size_t i = 0; i < 2; ++i) {
    for (int64_t entry = 0; entry < parameters_[i].tensor.numel(); ++entry) {
      EXPECT_EQ(again.of(i)[entry], masks.of(i)[entry]);
    }
  }
}

TEST_F(MasksTest, NothingIsPrunedWhereNothingIsTrained) {
  options_.masks[0].trained.assign(24, 0);
  options_.masks.push_back({"second", std::vector<uint8_t>(12, 0)});
  Masks masks(parameters_, options_);
  masks.Prune(1, 1);
  EXPECT_EQ(Zeros(parameters_[0].tensor) + Zeros(parameters_[1].tensor), 0);
  EXPECT_EQ(masks.sparsity(), 0);
}

TEST_F(MasksTest, SeveralMasksOfAParameterLeaveWhatAllOfThemLeave) {
  std::vector<uint8_t> even(24);
  for (size_t i = 0; i < even.size(); i += 2) even[i] = 1;
  options_.masks.push_back({"first", even});
  options_.pruning.reset();
  const Masks masks(parameters_, options_);
  for (int entry = 0; entry < 24; ++entry) EXPECT_EQ(masks.of(0)[entry], entry >= 12 && entry % 2 == 0 ? 1 : 0);
  EXPECT_EQ(masks.of(1), nullptr);
  EXPECT_FALSE(masks.sparsity());
}

TEST_F(MasksTest, OfAnotherSizeOrOfNothingAreRefused) {
  options_.masks = {{"second", std::vector<uint8_t>(16, 1)}};
  EXPECT_THROW(Masks(parameters_, options_), Error);
  options_.masks = {{"third", std::vector<uint8_t>(12, 1)}};
  EXPECT_THROW(Masks(parameters_, options_), Error);
}

}  // namespace
}  // namespace modlab
