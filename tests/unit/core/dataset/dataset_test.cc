#include "core/dataset/dataset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/random.h"
#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

std::string Refusal(const Dataset& dataset) {
  return SentenceOf([&] { CheckDataset(dataset); });
}

const Array kThree = MakeArray<float>({3, 2}, {1, 2, 3, 4, 5, 6});

TEST(CheckDataset, AcceptsWhatIsRight) {
  EXPECT_EQ(Refusal({{{"x", kThree}}}), "accepted");
  EXPECT_EQ(Refusal({{{"y", MakeArray<int64_t>({3}, {0, 1, 2})}, {"x", kThree}, {"_2", kThree}}}), "accepted");
  EXPECT_EQ(Refusal({{{"x", MakeArray<uint8_t>({1}, {0})}}}), "accepted");
}

TEST(CheckDataset, RefusesOtherNames) {
  EXPECT_EQ(Refusal({}), "a data set needs a tensor \"x\", its inputs; there are nothing");
  EXPECT_EQ(Refusal({{{"images", kThree}, {"y", kThree}}}),
            "a data set needs a tensor \"x\", its inputs; there are \"y\", \"images\"");
  EXPECT_EQ(Refusal({{{"x", kThree}, {"x", kThree}}}), "two tensors are called \"x\"; each needs a name of its own");
  EXPECT_EQ(
      Refusal({{{"x", kThree}, {"Y", kThree}}}),
      "a tensor is called \"Y\"; names are small letters, digits and _, do not start with a digit, and have at most "
      "63 characters");
  for (const std::string& name :
       {std::string(), std::string("1"), std::string("a-b"), std::string("\xc3\xb6"), std::string(64, 'a')}) {
    EXPECT_FALSE(IsTensorName(name)) << name;
  }
  for (const std::string& name : {std::string("_"), std::string("a1_"), std::string(63, 'a')})
    EXPECT_TRUE(IsTensorName(name)) << name;
}

TEST(CheckDataset, RefusesOtherShapes) {
  EXPECT_EQ(Refusal({{{"x", kThree}, {"y", MakeArray<uint8_t>({2}, {1, 2})}}}),
            "the tensor \"x\" has 3 rows and \"y\" has 2; each sample needs a row in every tensor");
  EXPECT_EQ(Refusal({{{"x", MakeArray<float>({}, {1})}}}),
            "the tensor \"x\" is a single number; it needs a row for each sample");
  EXPECT_EQ(Refusal({{{"x", MakeArray<float>({0, 2}, {})}}}),
            "the tensor \"x\" has the shape [0, 2], and so no elements");
  EXPECT_EQ(Refusal({{{"x", MakeArray<float>({2, 0}, {})}}}),
            "the tensor \"x\" has the shape [2, 0], and so no elements");
  Array wrong = kThree;
  wrong.shape = {3, 3};
  EXPECT_THROW(CheckDataset({{{"x", wrong}}}), std::logic_error);
}

template <typename Element>
void CheckNotFinite() {
  constexpr int64_t rows = 1000;
  constexpr int64_t width = 7;
  for (const int64_t place : {int64_t{0}, int64_t{4095}, int64_t{4096}, rows * width - 1}) {
    std::vector<Element> values(rows * width, std::numeric_limits<Element>::max());
    const auto refusal = [&](Element value) {
      values[static_cast<size_t>(place)] = value;
      return Refusal({{{"x", MakeArray<Element>({rows, width}, values)}}});
    };
    EXPECT_EQ(refusal(std::numeric_limits<Element>::denorm_min()), "accepted");
    const std::string where = " in row " + std::to_string(place / width) + ", element " +
                              std::to_string(place % width) + " of the row; every element must be finite";
    EXPECT_EQ(refusal(std::numeric_limits<Element>::quiet_NaN()), "the tensor \"x\" is NaN" + where);
    EXPECT_EQ(refusal(std::numeric_limits<Element>::infinity()), "the tensor \"x\" is infinite" + where);
    EXPECT_EQ(refusal(-std::numeric_limits<Element>::infinity()), "the tensor \"x\" is infinite" + where);
  }
}

TEST(CheckDataset, SaysWhichElementIsNotFinite) {
  CheckNotFinite<float>();
  CheckNotFinite<double>();
}

TEST(CheckDataset, LooksAtEveryTensor) {
  EXPECT_EQ(Refusal({{{"x", kThree}, {"target", MakeArray<float>({3}, {1, NAN, 2})}}}),
            "the tensor \"target\" is NaN in row 1, element 0 of the row; every element must be finite");
}

template <typename Element>
class SummaryTest : public testing::Test {};
using Elements = testing::Types<uint8_t, int8_t, int16_t, int32_t, int64_t, float, double>;
TYPED_TEST_SUITE(SummaryTest, Elements);

TYPED_TEST(SummaryTest, IsThatOfTheTextbook) {
  Random random(1);
  for (const int64_t count : {1, 2, 15, 16, 17, 1000}) {
    std::vector<TypeParam> values;
    for (int64_t i = 0; i < count; ++i)
      values.push_back(static_cast<TypeParam>(random.Index(120) - (std::is_unsigned_v<TypeParam> ? 0 : 40)));
    long double sum = 0;
    for (const TypeParam value : values) sum += value;
    const long double mean = sum / count;
    long double squares = 0;
    for (const TypeParam value : values) squares += (value - mean) * (value - mean);
    const TensorSummary summary = Summarize(MakeArray({count}, values));
    EXPECT_EQ(summary.least, *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(summary.most, *std::max_element(values.begin(), values.end()));
    EXPECT_NEAR(summary.mean, static_cast<double>(mean), 1e-13);
    EXPECT_NEAR(summary.sd, static_cast<double>(std::sqrt(squares / count)), 1e-12);
  }
}

TEST(Summarize, KeepsDeviationsFromALargeMean) {
  const TensorSummary summary = Summarize(MakeArray<double>({4}, {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4}));
  EXPECT_EQ(summary.mean, 1e9 + 2.5);
  EXPECT_NEAR(summary.sd, std::sqrt(1.25), 1e-12);
  EXPECT_EQ(Summarize(MakeArray<float>({3}, {0.1F, 0.1F, 0.1F})).sd, 0);
  EXPECT_EQ(Summarize(MakeArray<int64_t>({2}, {INT64_MIN, INT64_MAX})).most, 0x1p63);
}

TEST(Summarize, CountsClasses) {
  const auto classes = [](const Array& array) { return Summarize(array).classes; };
  EXPECT_EQ(classes(MakeArray<uint8_t>({3}, {0, 9, 3})), 10);
  EXPECT_EQ(classes(MakeArray<int64_t>({2}, {0, 65535})), 65536);
  EXPECT_EQ(classes(MakeArray<int64_t>({2}, {0, 65536})), 0);
  EXPECT_EQ(classes(MakeArray<int32_t>({2}, {-1, 5})), 0);
  EXPECT_EQ(classes(MakeArray<float>({2}, {0, 1})), 0);
  EXPECT_EQ(classes(MakeArray<uint8_t>({3, 1}, {0, 9, 3})), 0);
  NewArray bools(ElementType::kBool, {2});
  bools.Target<uint8_t>()[0] = 1;
  bools.Target<uint8_t>()[1] = 0;
  EXPECT_EQ(classes(bools.array), 2);
}

}  // namespace
}  // namespace modlab
