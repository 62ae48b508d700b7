#include "client/report/sections.h"

#include <gtest/gtest.h>

#include "tests/unit/client/sample_comparison.h"

namespace modlab::client {
namespace {

std::string AnswerOf(const v1::CompareScoresResponse& comparison) {
  std::string text;
  for (const std::string& answer : AnswersOf(comparison)) text += answer + "\n";
  return text;
}

// Which two groups are compared is chosen by what is compared, so only the adjusted p is one.
TEST(Answers, TellThePAdjustedForAllComparisons) {
  EXPECT_EQ(
      AnswerOf(TwoNetworks()),
      "By Leiden, the most modular is “The first, width = 3”, with Q = 0.4375 [0.3750, 0.5000], more than its null "
      "models give (0.1250; z = 3.5, p = 0.02 at most).\n"
      "The least modular is “step_b”, with Q = 0.1875 [0.1250, 0.2500], more than its null models give (0.1250; z "
      "= 2.0, p = 0.03 at most).\n"
      "Between the two lie 0.2500, with p = 0.19 by permutation of the runs, adjusted for all 3 comparisons that "
      "were made (Benjamini and Hochberg); unadjusted p = 0.062, where 0.031 is the least that so few runs can "
      "give.\n");
}

TEST(Answers, AreByTheMethodWhateverItIsCalled) {
  v1::CompareScoresResponse comparison = TwoNetworks(v1::Partition::LEIDEN, "Leiden, directed, resolution 0.5");
  for (int row = 0; row < 4; ++row) {
    AddPartition(comparison, row, v1::Partition::PLANTED, "planted", 0.125 * row);
  }
  const std::string answer = AnswerOf(comparison);
  EXPECT_TRUE(answer.starts_with("By Leiden, directed, resolution 0.5, the most modular is “The first, width = 3”"))
      << answer;
  EXPECT_NE(answer.find("Between the two lie 0.2500"), std::string::npos) << answer;
}

TEST(Answers, SayWhatWasNotComparedAtAll) {
  v1::CompareScoresResponse comparison = TwoModels();
  EXPECT_NE(AnswerOf(comparison).find("Whether the two differ was not tested"), std::string::npos);
  v1::GroupDifference& difference = *comparison.add_differences();
  difference.set_measure("Leiden: Q");
  difference.set_second(1);
  difference.set_least_p(1);
  difference.set_p(1);
  EXPECT_NE(AnswerOf(comparison).find("cannot be told from so few runs"), std::string::npos);
  comparison.add_groups()->set_name("scored otherwise");
  EXPECT_NE(AnswerOf(comparison).find("1 of 3 groups were not scored in this way."), std::string::npos);
  EXPECT_EQ(AnswerOf({}), "Nothing has been scored yet.\n");
}

}  // namespace
}  // namespace modlab::client
