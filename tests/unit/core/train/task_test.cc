#include "core/train/task.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/error.h"

namespace modlab {
namespace {

Dataset Images(int64_t samples) {
  std::vector<uint8_t> pixels(static_cast<size_t>(samples) * 6);
  std::iota(pixels.begin(), pixels.end(), uint8_t{0});
  std::vector<int64_t> labels(static_cast<size_t>(samples));
  std::iota(labels.begin(), labels.end(), int64_t{0});
  return {{{"x", MakeArray<uint8_t>({samples, 2, 3}, pixels)}, {"y", MakeArray<int64_t>({samples}, labels)}}};
}

std::vector<int64_t> Rows(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

TEST(Task, PairsAreTwoRowsAndTheirLabels) {
  const Dataset images = Images(8);
  const Task single(images, Pairing::kSingle, Rows(8));
  EXPECT_EQ(single.samples(), 8);
  EXPECT_EQ(single.input_shape(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(single.tensor_names(), (std::vector<std::string>{"x", "y"}));
  const Task concatenated(images, Pairing::kConcatenated, Rows(8));
  EXPECT_EQ(concatenated.samples(), 4);
  EXPECT_EQ(concatenated.input_shape(), (std::vector<int64_t>{12}));
  EXPECT_EQ(concatenated.tensor_names(), (std::vector<std::string>{"x", "y1", "y2"}));
  const Task stacked(images, Pairing::kStacked, Rows(8));
  EXPECT_EQ(stacked.input_shape(), (std::vector<int64_t>{2, 2, 3}));
}

TEST(Task, FewFeaturesHaveNames) {
  const Dataset bits = {{{"x", MakeArray<uint8_t>({2, 3}, {0, 1, 0, 1, 1, 1})}}};
  EXPECT_EQ(Task(bits, Pairing::kSingle, Rows(2)).tensor_names(), (std::vector<std::string>{"x", "x0", "x1", "x2"}));
}

TEST(Task, AnEpochLooksAtEveryRowOnceInAnOrderOfItsOwn) {
  const Dataset images = Images(40);
  const Task task(images, Pairing::kSingle, Rows(40));
  std::set<std::vector<int64_t>> orders;
  for (int epoch = 0; epoch < 5; ++epoch) {
    std::vector<int64_t> order = task.Order(true, 7, epoch);
    EXPECT_EQ(order, task.Order(true, 7, epoch));
    EXPECT_NE(order, task.Order(true, 8, epoch));
    orders.insert(order);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, Rows(40));
  }
  EXPECT_EQ(orders.size(), 5U);
  EXPECT_EQ(task.Order(false, 7, 3), Rows(40));
}

TEST(Task, OddNumbersMakeNoPairs) {
  const Dataset images = Images(7);
  try {
    const Task task(images, Pairing::kConcatenated, Rows(7));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDataInvalid);
    EXPECT_NE(std::string(error.what()).find("even number of samples, and there are 7"), std::string::npos);
  }
}

TEST(SplitRows, CutsTheRowsInTwoByItsSeed) {
  const Split split = SplitRows(100, 0.25, 3, Pairing::kSingle);
  EXPECT_EQ(split.training.size(), 75U);
  EXPECT_EQ(split.evaluation.size(), 25U);
  std::vector<int64_t> all = split.training;
  all.insert(all.end(), split.evaluation.begin(), split.evaluation.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, Rows(100));
  EXPECT_NE(split.evaluation, SplitRows(100, 0.25, 4, Pairing::kSingle).evaluation);
  EXPECT_EQ(SplitRows(100, 0.25, 3, Pairing::kConcatenated).evaluation.size(), 24U);
  EXPECT_TRUE(SplitRows(100, 0, 3, Pairing::kSingle).evaluation.empty());
}

}  // namespace
}  // namespace modlab
