#include "core/train/parameter_distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

std::string DistributionError(const std::string& text) {
  try {
    ParseDistribution(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
    return error.what();
  }
  return "";
}

TEST(ParseDistribution, ReadsEachKind) {
  const ParameterDistribution uniform = ParseDistribution("a~U(0,10)");
  EXPECT_EQ(uniform.name, "a");
  EXPECT_EQ(uniform.distribution.kind, Distribution::Kind::kUniform);
  EXPECT_EQ(uniform.distribution.low, 0);
  EXPECT_EQ(uniform.distribution.high, 10);
  const ParameterDistribution normal = ParseDistribution(" scale_2 ~ N( -1.5 , 2e-3 ) ");
  EXPECT_EQ(normal.name, "scale_2");
  EXPECT_EQ(normal.distribution.kind, Distribution::Kind::kNormal);
  EXPECT_EQ(normal.distribution.mean, -1.5);
  EXPECT_EQ(normal.distribution.sd, 2e-3);
  EXPECT_EQ(ParseDistribution("a~I(-3,3)").distribution.kind, Distribution::Kind::kInteger);
  EXPECT_EQ(ParseDistribution("a~C(1,2,5)").distribution.values, (std::vector<double>{1, 2, 5}));
  EXPECT_EQ(ParseDistribution("a~C(1)").distribution.values, std::vector<double>{1});
}

TEST(ParseDistribution, ReadsWhatToTextWrites) {
  for (const std::string text : {"a~U(0,10)", "b~N(0.1,0.3333333333333333)", "k~I(-3,3)", "_x1~C(1,-2.5,1e+30)"}) {
    EXPECT_EQ(ToText(ParseDistribution(text)), text);
  }
}

TEST(ParseDistribution, SaysWhereItIsWrong) {
  const std::map<std::string, std::string> errors = {
      {"", "character 1: a parameter's name is expected"},
      {"1a~U(0,1)", "character 1: a parameter's name is expected"},
      {"a U(0,1)", "character 3: '~' and a distribution is expected"},
      {"a~X(0,1)", "character 3: one of U(LOW,HIGH), N(MEAN,SD), I(LOW,HIGH) and C(VALUE,...) is expected"},
      {"a~U", "character 4: '(' is expected"},
      {"a~U(0;1)", "character 6: ',' or ')' is expected"},
      {"a~U(0,", "character 7: a finite number is expected"},
      {"a~U(0,inf)", "character 7: a finite number is expected"},
      {"a~U(0,1)x", "character 9: nothing is expected after the ')'"},
      {"a~U(0,1,2)", "character 3: U takes 2 numbers, and has 3"},
      {"a~N(1)", "character 3: N takes 2 numbers, and has 1"},
      {"a~U(1,1)", "character 3: the lower bound must be less than the upper one"},
      {"a~N(0,0)", "character 3: the standard deviation must be more than 0"},
      {"a~I(0.5,3)", "character 3: the bounds must be whole numbers of at most 2147483648"},
      {"a~I(3,1)", "character 3: the lower bound must not be more than the upper one"},
      {"a~I(0,0)", "character 3: 0 is left out, and there is no other number"},
      {"a~C(1,2,1)", "character 3: the values must be different from each other"},
  };
  for (const auto& [text, error] : errors) {
    EXPECT_EQ(DistributionError(text), "the distribution '" + text + "' is wrong at " + error +
                                           ". Write it like a~U(0,10), a~N(0,1), a~I(-3,3) or a~C(1,2,5).");
  }
}

TEST(Distribution, DrawsUniformNumbers) {
  Random random(1);
  double sum = 0;
  constexpr int draws = 10000;
  for (int i = 0; i < draws; ++i) {
    const double value = Distribution::Uniform(-2, 4).Draw(random);
    EXPECT_GE(value, -2);
    EXPECT_LT(value, 4);
    sum += value;
  }
  EXPECT_NEAR(sum / draws, 1, 5 * std::sqrt(3.0 / draws));
}

TEST(Distribution, DrawsNormalNumbers) {
  Random random(2);
  double sum = 0;
  double squares = 0;
  constexpr int draws = 10000;
  for (int i = 0; i < draws; ++i) {
    const double value = Distribution::Normal(3, 2).Draw(random);
    sum += value;
    squares += (value - 3) * (value - 3);
  }
  EXPECT_NEAR(sum / draws, 3, 5 * 2 / std::sqrt(draws));
  EXPECT_NEAR(squares / draws, 4, 5 * 4 * std::sqrt(2.0 / draws));
}

TEST(Distribution, DrawsEachValueOfAFiniteSpaceAboutAsOften) {
  const std::vector<std::pair<Distribution, std::vector<double>>> cases = {
      {Distribution::Integer(-2, 2), {-2, -1, 1, 2}},   {Distribution::Integer(0, 3), {1, 2, 3}},
      {Distribution::Integer(-3, 0), {-3, -2, -1}},     {Distribution::Integer(4, 6), {4, 5, 6}},
      {Distribution::Choice({0, 0.5, 7}), {0, 0.5, 7}},
  };
  for (const auto& [distribution, values] : cases) {
    Random random(3);
    std::map<double, int> counts;
    const int draws = 1000 * static_cast<int>(values.size());
    for (int i = 0; i < draws; ++i) ++counts[distribution.Draw(random)];
    EXPECT_EQ(counts.size(), values.size());
    EXPECT_EQ(distribution.Size(), static_cast<int64_t>(values.size()));
    for (const double value : values) EXPECT_NEAR(counts[value], 1000, 160) << value;
  }
  EXPECT_FALSE(Distribution::Uniform(0, 1).Size());
  EXPECT_FALSE(Distribution::Normal(0, 1).Size());
}

}  // namespace
}  // namespace modlab
