#include "core/community/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/random.h"

namespace modlab {
namespace {

struct Expected {
  std::vector<int> first;
  std::vector<int> second;
  double adjusted_rand_index;
  double normalized_mutual_information;
  double adjusted_mutual_information;
  double variation_of_information;
};

// By scikit-learn; the variation of information from its entropies and mutual information.
TEST(ComparePartitions, AgreesWithScikitLearn) {
  const std::vector<Expected> cases = {
      {{0, 0, 1, 1}, {0, 0, 1, 2}, 0.5714285714285714, 0.8, 0.5714285714285715, 0.3465735902799727},
      {{0, 0, 0, 1, 1, 1, 2, 2, 2, 2},
       {1, 1, 0, 0, 0, 2, 2, 2, 2, 1},
       0.20454545454545456,
       0.44270128334605,
       0.2372887777013355,
       1.213685117648822},
      {{0, 1, 2, 3}, {0, 0, 0, 0}, 0, 0, 0, 1.3862943611198906},
      {{5, 5, 7, 7, 9}, {1, 1, 4, 4, 4}, 0.5454545454545454, 0.7789794173345359, 0.635350294577575, 0.3819085009768881},
  };
  for (const Expected& expected : cases) {
    const PartitionComparison found = ComparePartitions(expected.first, expected.second);
    EXPECT_NEAR(found.adjusted_rand_index, expected.adjusted_rand_index, 1e-12);
    EXPECT_NEAR(found.normalized_mutual_information, expected.normalized_mutual_information, 1e-12);
    EXPECT_NEAR(found.adjusted_mutual_information, expected.adjusted_mutual_information, 1e-12);
    EXPECT_NEAR(found.variation_of_information, expected.variation_of_information, 1e-12);
  }
}

// Probabilities of the most unlikely tables are below what a double can hold.
TEST(ComparePartitions, AgreesWithScikitLearnOnManyUnits) {
  constexpr int units = 100'000;
  std::vector<int> first(units);
  std::vector<int> unrelated(units);
  std::vector<int> related(units);
  for (int unit = 0; unit < units; ++unit) {
    first[unit] = unit % 2;
    unrelated[unit] = unit / 3 % 3;
    related[unit] = unit % 10 < 3 ? unit / 7 % 2 : first[unit];
  }
  EXPECT_NEAR(ComparePartitions(first, unrelated).adjusted_mutual_information, -1.1162225507830812e-05, 1e-12);
  const PartitionComparison found = ComparePartitions(first, related);
  EXPECT_NEAR(found.adjusted_rand_index, 0.5518365308361419, 1e-12);
  EXPECT_NEAR(found.adjusted_mutual_information, 0.45441539729782293, 1e-12);
  EXPECT_NEAR(found.normalized_mutual_information, 0.4544193433843234, 1e-12);
}

TEST(ComparePartitions, CountsUnitsInBothClusters) {
  const PartitionComparison found = ComparePartitions({2, 2, 0, -1, 0, 0}, {1, 3, 3, 3, 3, -1});
  EXPECT_EQ(found.units, 4);
  EXPECT_EQ(found.first_labels, (std::vector<int>{0, 2}));
  EXPECT_EQ(found.second_labels, (std::vector<int>{1, 3}));
  EXPECT_EQ(found.contingency, (std::vector<int64_t>{0, 2, 1, 1}));
}

TEST(ComparePartitions, NamesOfClustersAndTheOrderDoNotMatter) {
  Random random(3);
  std::vector<int> first(200);
  std::vector<int> second(200);
  std::vector<int> renamed(200);
  for (size_t unit = 0; unit < first.size(); ++unit) {
    first[unit] = random.Index(5);
    second[unit] = random.Index(3) == 0 ? first[unit] : random.Index(4);
    renamed[unit] = 10 - 2 * second[unit];
  }
  const PartitionComparison found = ComparePartitions(first, second);
  for (const PartitionComparison& other : {ComparePartitions(first, renamed), ComparePartitions(second, first)}) {
    EXPECT_NEAR(other.adjusted_rand_index, found.adjusted_rand_index, 1e-12);
    EXPECT_NEAR(other.normalized_mutual_information, found.normalized_mutual_information, 1e-12);
    EXPECT_NEAR(other.adjusted_mutual_information, found.adjusted_mutual_information, 1e-12);
    EXPECT_NEAR(other.variation_of_information, found.variation_of_information, 1e-12);
  }
  const PartitionComparison same = ComparePartitions(second, renamed);
  EXPECT_NEAR(same.adjusted_rand_index, 1, 1e-12);
  EXPECT_NEAR(same.adjusted_mutual_information, 1, 1e-12);
  EXPECT_NEAR(same.variation_of_information, 0, 1e-12);
}

TEST(ComparePartitions, PartitionsWithoutADifferenceAgree) {
  for (const std::vector<int>& labels : {std::vector<int>{}, {-1, -1}, {4}, {1, 1, 1}}) {
    const PartitionComparison found = ComparePartitions(labels, labels);
    EXPECT_EQ(found.adjusted_rand_index, 1);
    EXPECT_EQ(found.normalized_mutual_information, 1);
    EXPECT_EQ(found.adjusted_mutual_information, 1);
    EXPECT_EQ(found.variation_of_information, 0);
  }
}

TEST(ComparePartitions, RefusesPartitionsOfDifferentUnits) {
  EXPECT_THROW(ComparePartitions({0, 1}, {0}), std::logic_error);
}

TEST(MeasureCloseness, IsWhatTheWholeComparisonSays) {
  Random random(5);
  for (int repeat = 0; repeat < 100; ++repeat) {
    std::vector<int> first(1 + random.Index(60));
    std::vector<int> second(first.size());
    const int rows = 1 + random.Index(8);
    const int columns = 1 + random.Index(8);
    for (size_t unit = 0; unit < first.size(); ++unit) {
      first[unit] = random.Index(rows + 1) - 1;
      second[unit] = random.Index(3) == 0 ? random.Index(columns + 1) - 1 : first[unit];
    }
    const PartitionComparison whole = ComparePartitions(first, second);
    const PartitionCloseness closeness = MeasureCloseness(first, second);
    EXPECT_NEAR(closeness.adjusted_rand_index, whole.adjusted_rand_index, 1e-12);
    EXPECT_NEAR(closeness.variation_of_information, whole.variation_of_information, 1e-12);
  }
  EXPECT_EQ(MeasureCloseness({}, {}).adjusted_rand_index, 1);
  EXPECT_EQ(MeasureCloseness({0, 0, 1}, {5, 5, 2}).adjusted_rand_index, 1);
  EXPECT_EQ(MeasureCloseness({0, 0, 1}, {5, 5, 2}).variation_of_information, 0);
  EXPECT_THROW(MeasureCloseness({0}, {0, 1}), std::logic_error);
}

TEST(MeasureCloseness, TakesClustersOfSingleUnits) {
  constexpr int units = 200'000;
  std::vector<int> alone(units);
  for (int unit = 0; unit < units; ++unit) alone[unit] = unit;
  EXPECT_EQ(MeasureCloseness(alone, alone).adjusted_rand_index, 1);
  const PartitionCloseness closeness = MeasureCloseness(alone, std::vector<int>(units, 0));
  EXPECT_EQ(closeness.adjusted_rand_index, 0);
  EXPECT_NEAR(closeness.variation_of_information, std::log(units), 1e-9);
}

}  // namespace
}  // namespace modlab
