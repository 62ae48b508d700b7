#include "core/dataset/generators.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

TEST(AllBitVectors, CountInBinary) {
  const Dataset dataset = AllBitVectors(3);
  ASSERT_EQ(dataset.tensors.size(), 1U);
  EXPECT_EQ(dataset.Find("x")->shape, (std::vector<int64_t>{8, 3}));
  EXPECT_EQ(ValuesOf<uint8_t>(*dataset.Find("x")),
            (std::vector<uint8_t>{0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(AllBitVectors(1).Find("x")->shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(AllBitVectors(20).Find("x")->shape, (std::vector<int64_t>{1 << 20, 20}));
  CheckDataset(dataset);
  for (const int n : {0, 21, -1}) {
    EXPECT_EQ(SentenceOf([&] { AllBitVectors(n); }, ErrorKind::kInvalidOption),
              "bits: " + std::to_string(n) + " is not between 1 and 20");
  }
}

TEST(Retina, HasAsManyObjectsAsKashtanAndAlons) {
  const Dataset retina = Retina();
  CheckDataset(retina);
  const auto x = ValuesOf<uint8_t>(*retina.Find("x"));
  const auto left = ValuesOf<uint8_t>(*retina.Find("left"));
  const auto right = ValuesOf<uint8_t>(*retina.Find("right"));
  EXPECT_EQ(retina.Find("x")->shape, (std::vector<int64_t>{256, 8}));
  ASSERT_EQ(left.size(), 256U);
  ASSERT_EQ(right.size(), 256U);
  std::set<int> left_patterns;
  std::set<int> right_patterns;
  int both = 0;
  int either = 0;
  for (size_t row = 0; row < 256; ++row) {
    const uint8_t* const pixel = x.data() + 8 * row;
    if (left[row] != 0) left_patterns.insert(pixel[0] * 8 + pixel[1] * 4 + pixel[2] * 2 + pixel[3]);
    if (right[row] != 0) right_patterns.insert(pixel[4] * 8 + pixel[5] * 4 + pixel[6] * 2 + pixel[7]);
    both += left[row] & right[row];
    either += left[row] | right[row];
  }
  // 0b1100: the left side's outer column; 0b0011: the right side's.
  EXPECT_EQ(left_patterns, (std::set<int>{0b0111, 0b1011, 0b1101, 0b1110, 0b1111, 0b1000, 0b0100, 0b1100}));
  EXPECT_EQ(right_patterns, (std::set<int>{0b0111, 0b1011, 0b1101, 0b1110, 0b1111, 0b0010, 0b0001, 0b0011}));
  EXPECT_EQ(std::accumulate(left.begin(), left.end(), 0), 128);
  EXPECT_EQ(both, 64);
  EXPECT_EQ(either, 192);
}

TEST(OneHotPairs, AreAllPairsWithTheirTwoNumbers) {
  const Dataset pairs = OneHotPairs(3);
  CheckDataset(pairs);
  EXPECT_EQ(pairs.Find("x")->shape, (std::vector<int64_t>{9, 6}));
  const auto x = ValuesOf<uint8_t>(*pairs.Find("x"));
  const auto first = ValuesOf<int64_t>(*pairs.Find("y1"));
  const auto second = ValuesOf<int64_t>(*pairs.Find("y2"));
  std::set<std::pair<int64_t, int64_t>> seen;
  for (size_t row = 0; row < 9; ++row) {
    seen.emplace(first[row], second[row]);
    for (int64_t i = 0; i < 6; ++i) {
      EXPECT_EQ(x[6 * row + static_cast<size_t>(i)], i == first[row] || i == 3 + second[row] ? 1 : 0) << row;
    }
  }
  EXPECT_EQ(seen.size(), 9U);
  for (const int n : {0, -1, 1001}) {
    EXPECT_EQ(SentenceOf([&] { OneHotPairs(n); }, ErrorKind::kInvalidOption),
              "classes: " + std::to_string(n) + " is not between 1 and 1000");
  }
}

/// Ten samples, whose two features and label say which one it is.
Dataset Numbered() {
  std::vector<float> x;
  std::vector<int64_t> y;
  for (int i = 0; i < 10; ++i) {
    x.push_back(static_cast<float>(i));
    x.push_back(static_cast<float>(i) + 0.5F);
    y.push_back(i);
  }
  return {{{"y", MakeArray<int64_t>({10}, y)}, {"x", MakeArray<float>({10, 2}, x)}}};
}

TEST(DigitPairs, HaveTheirLabels) {
  constexpr int64_t samples = 10'000;
  const Dataset pairs = DigitPairs(Numbered(), samples, PairLayout::kConcatenate, 7);
  CheckDataset(pairs);
  ASSERT_EQ(pairs.tensors.size(), 3U);
  EXPECT_EQ(pairs.tensors[0].name, "x");
  EXPECT_EQ(pairs.tensors[1].name, "y1");
  EXPECT_EQ(pairs.tensors[2].name, "y2");
  EXPECT_EQ(pairs.Find("x")->shape, (std::vector<int64_t>{samples, 4}));
  EXPECT_EQ(pairs.Find("x")->type, ElementType::kFloat32);
  EXPECT_EQ(pairs.Find("y1")->type, ElementType::kInt64);
  std::vector<int> counts(100);
  for (int64_t i = 0; i < samples; ++i) {
    const double first = At(*pairs.Find("y1"), i);
    const double second = At(*pairs.Find("y2"), i);
    EXPECT_EQ(At(*pairs.Find("x"), 4 * i), first);
    EXPECT_EQ(At(*pairs.Find("x"), 4 * i + 1), first + 0.5);
    EXPECT_EQ(At(*pairs.Find("x"), 4 * i + 2), second);
    EXPECT_EQ(At(*pairs.Find("x"), 4 * i + 3), second + 0.5);
    ++counts[static_cast<size_t>(10 * first + second)];
  }
  // Chi-squared over all pairs, 99 degrees of freedom: 148.2 is exceeded once in a thousand times.
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 100.0) * (count - 100.0) / 100.0;
  EXPECT_LT(chi_squared, 148.2);
}

TEST(DigitPairs, AreStackedAsChannels) {
  const Dataset concatenated = DigitPairs(Numbered(), 5, PairLayout::kConcatenate, 7);
  const Dataset stacked = DigitPairs(Numbered(), 5, PairLayout::kStack, 7);
  EXPECT_EQ(stacked.Find("x")->shape, (std::vector<int64_t>{5, 2, 2}));
  EXPECT_EQ(ValuesOf<float>(*stacked.Find("x")), ValuesOf<float>(*concatenated.Find("x")));
  const auto shape = [](std::vector<int64_t> one, PairLayout layout) {
    std::vector<uint8_t> values(static_cast<size_t>(BytesOf(ElementType::kUint8, one).value()));
    const Dataset dataset = {{{"x", MakeArray(one, values)},
                              {"y", MakeArray<uint8_t>({one[0]}, std::vector<uint8_t>(static_cast<size_t>(one[0])))}}};
    return DigitPairs(dataset, 3, layout, 1).Find("x")->shape;
  };
  EXPECT_EQ(shape({4, 8, 9}, PairLayout::kStack), (std::vector<int64_t>{3, 2, 8, 9}));
  EXPECT_EQ(shape({4, 8, 9}, PairLayout::kConcatenate), (std::vector<int64_t>{3, 144}));
  EXPECT_EQ(shape({4, 3, 8, 9}, PairLayout::kStack), (std::vector<int64_t>{3, 6, 8, 9}));
  EXPECT_EQ(shape({4}, PairLayout::kStack), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(shape({4}, PairLayout::kConcatenate), (std::vector<int64_t>{3, 2}));
}

TEST(DigitPairs, AreTheSameForTheSameSeed) {
  const auto labels = [](uint64_t seed, int64_t samples) {
    return ValuesOf<int64_t>(*DigitPairs(Numbered(), samples, PairLayout::kConcatenate, seed).Find("y2"));
  };
  EXPECT_EQ(labels(1, 100), labels(1, 100));
  EXPECT_NE(labels(1, 100), labels(2, 100));
  // Fewer are the first of more.
  std::vector<int64_t> more = labels(1, 100);
  more.resize(50);
  EXPECT_EQ(labels(1, 50), more);
  // Written out: they are those of every machine.
  EXPECT_EQ(labels(1, 8), (std::vector<int64_t>{6, 1, 7, 1, 5, 7, 1, 7}));
}

TEST(DigitPairs, RefuseWhatCannotBe) {
  const auto refusal = [](const Dataset& dataset, int64_t samples, ErrorKind kind) {
    return SentenceOf([&] { DigitPairs(dataset, samples, PairLayout::kStack, 1); }, kind);
  };
  EXPECT_EQ(refusal(Numbered(), 0, ErrorKind::kInvalidOption), "samples: 0 is below 1");
  EXPECT_EQ(refusal(Numbered(), INT64_MAX / 2, ErrorKind::kInvalidOption),
            "samples: 4611686018427387903 are more than can be stored");
  EXPECT_EQ(refusal(AllBitVectors(2), 1, ErrorKind::kDataInvalid),
            "pairs need a data set with labels; this one has only \"x\"");
  Dataset long_name = Numbered();
  long_name.tensors[0].name = std::string(63, 'a');
  EXPECT_NE(refusal(long_name, 1, ErrorKind::kDataInvalid).find("which is too long; rename it"), std::string::npos);
}

}  // namespace
}  // namespace modlab
