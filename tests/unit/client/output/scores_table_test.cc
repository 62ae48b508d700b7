#include "client/output/scores_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "client/output/score_groups.h"
#include "client/output/text.h"
#include "tests/unit/client/sample_comparison.h"

namespace modlab::client {
namespace {

using testing::AssertionResult;

const ScoredMethod kLeiden = {v1::Partition::LEIDEN, "Leiden"};

TextStyle Style(int width, bool wide = false) { return {.width = width, .color = false, .wide = wide}; }

AssertionResult HasPart(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no '" << part << "' in\n" << text;
}

/// The lines that have `part` in them, runs of spaces as one.
std::vector<std::string> LinesWith(const std::string& text, const std::string& part) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(part) == std::string::npos) continue;
    std::istringstream words(line);
    std::string joined;
    for (std::string word; words >> word;) joined += (joined.empty() ? "" : " ") + word;
    found.push_back(joined);
  }
  return found;
}

TEST(ScoreGroups, AreSummarizedOverTheRunsThatHaveTheNumber) {
  const v1::CompareScoresResponse comparison = TwoNetworks();
  EXPECT_EQ(PerformanceNames(comparison), (std::vector<std::string>{"accuracy", "loss"}));
  EXPECT_EQ(MetricNames(comparison), std::vector<std::string>{"accuracy"});
  const PartitionSummary first = Summarize(PartitionsOf(comparison, comparison.groups(0), kLeiden));
  EXPECT_EQ(first.partitions, 2);
  EXPECT_DOUBLE_EQ(*first.z, 3.5);
  EXPECT_DOUBLE_EQ(*first.largest_p, 0.02);
  EXPECT_DOUBLE_EQ(first.clusters, 2.5);
  const PartitionSummary second = Summarize(PartitionsOf(comparison, comparison.groups(1), kLeiden));
  EXPECT_DOUBLE_EQ(*second.z, 2);
  EXPECT_DOUBLE_EQ(second.ncut, 0.625);
  EXPECT_EQ(Summarize({}).z, std::nullopt);
  EXPECT_EQ(IntervalText(FindMeasure(comparison.groups(0), "Leiden: Q")), "0.4375 [0.3750, 0.5000]");
  EXPECT_EQ(IntervalText(FindMeasure(comparison.groups(0), "planted: Q")), "-");
}

TEST(ScoreGroups, ConfidenceIsToldAsItIs) {
  v1::CompareScoresResponse comparison;
  comparison.set_confidence(0.975);
  EXPECT_EQ(ConfidenceText(comparison), "97.5 %");
  comparison.set_confidence(0.57);
  EXPECT_EQ(ConfidenceText(comparison), "57 %");
}

/// Groups of these titles and names.
std::vector<std::string> TitlesOf(const std::vector<std::array<std::string, 3>>& hidden_step_title) {
  v1::CompareScoresResponse comparison;
  for (const auto& [hidden, step, title] : hidden_step_title) {
    v1::ScoreGroup& group = *comparison.add_groups();
    group.set_name(fmt::format("hidden = {}, {}", hidden, step));
    group.set_title(title);
    (*group.mutable_labels())["hidden"] = hidden;
    (*group.mutable_labels())["step"] = step;
    group.add_rows(comparison.rows_size());
    comparison.add_rows()->set_job("jobs/j" + std::to_string(comparison.rows_size()));
  }
  return GroupTitles(comparison);
}

TEST(ScoreGroups, TitlesSayAllThatGroupsAreGroupedBy) {
  EXPECT_EQ(TitlesOf({{"8", "x", "a net"}, {"16", "x", "a net"}, {"8", "y", ""}}),
            (std::vector<std::string>{"a net, hidden = 8", "a net, hidden = 16", "hidden = 8, y"}));
}

TEST(ScoreGroups, NoTwoAreCalledTheSame) {
  EXPECT_EQ(TitlesOf({{"8", "x", "a net"}, {"8", "y", "a net"}}),
            (std::vector<std::string>{"hidden = 8, x", "hidden = 8, y"}));
  v1::CompareScoresResponse comparison = TwoModels();
  comparison.mutable_groups(1)->set_name("small.pt");
  EXPECT_EQ(GroupTitles(comparison), (std::vector<std::string>{"small.pt (j0)", "small.pt (j1)"}));
  comparison.mutable_groups(1)->clear_name();
  EXPECT_EQ(GroupTitles(comparison), (std::vector<std::string>{"small.pt", "others"}));
}

TEST(ScoreGroups, TheAnswerIsByWhatMostWereScoredByAndLeidenFirst) {
  EXPECT_EQ(MainMethod(TwoModels())->description, "Leiden");
  EXPECT_EQ(MainMethod(TwoNetworks(v1::Partition::LEIDEN, "Leiden, directed"))->description, "Leiden, directed");
  EXPECT_FALSE(MainMethod({}));
  v1::CompareScoresResponse comparison = TwoNetworks(v1::Partition::PLANTED, "planted");
  EXPECT_EQ(MainMethod(comparison)->description, "planted");
  for (int row = 0; row < 4; ++row) AddPartition(comparison, row, v1::Partition::SPECTRAL, "spectral, k = 2", 0.5);
  EXPECT_EQ(MainMethod(comparison)->description, "spectral, k = 2");
  AddPartition(comparison, 0, v1::Partition::LEIDEN, "Leiden", 0.5);
  EXPECT_EQ(MainMethod(comparison)->description, "spectral, k = 2") << "one of the two groups has Leiden's";
}

TEST(ScoresTable, HasALineForEachGroupOfRepetitions) {
  const std::string text = ScoresTable(TwoNetworks(), Style(120));
  EXPECT_EQ(
      LinesWith(text, "[0.3750, 0.5000]"),
      std::vector<std::string>{"The first, width = 3 2 20 0.4375 [0.3750, 0.5000] 0.1250 ± 0.0625 3.5 0.02 2.5 0.125"});
  EXPECT_FALSE(HasPart(text, "j0"));
}

TEST(ScoresTable, AWideOneHasALineForEachModelWithItsLabels) {
  const std::string text = ScoresTable(TwoNetworks(), Style(80, true));
  EXPECT_EQ(LinesWith(text, "Leiden: Q").at(0),
            "job network seed step width units accuracy loss Leiden: Q z p null Q n-cut clusters");
  EXPECT_EQ(LinesWith(text, "j1"), std::vector<std::string>{"j1 The first, width = 3 12 step_a 3 20 0.7500 1.5000 "
                                                            "0.3750 3.0 0.02 0.1250 ± 0.0625 0.250 3"});
  EXPECT_EQ(LinesWith(text, "j3"),
            std::vector<std::string>{"j3 step_b 12 step_b 20 0.7500 1.5000 0.1250 - - - 0.750 5"});
}

TEST(ScoresTable, WithoutRepetitionsHasALineForEachModel) {
  const std::string text = ScoresTable(TwoModels(), Style(200));
  EXPECT_EQ(
      LinesWith(text, "network"),
      std::vector<std::string>{"network units accuracy Leiden: Q z p null Q n-cut clusters spectral, k = 8: Q z p "
                               "null Q n-cut clusters"});
  EXPECT_EQ(
      LinesWith(text, "small.pt"),
      std::vector<std::string>{"small.pt 20 0.7500 0.5000 4.0 0.01 0.1250 ± 0.0625 0.000 2 0.2500 4.0 0.01 0.1250 "
                               "± 0.0625 0.000 2"});
}

TEST(ScoresTable, WhatDoesNotFitIntoALineIsInBlocks) {
  const std::string text = ScoresTable(TwoModels(), Style(80));
  EXPECT_EQ(LinesWith(text, "network").at(0), "network units accuracy Leiden: Q z p spectral, k = 8: Q z p");
  EXPECT_EQ(LinesWith(text, "small.pt").size(), 3U);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 80) << line;
  EXPECT_EQ(LinesWith(ScoresTable(TwoModels(), Style(46)), "network").at(0), "network units accuracy Leiden: Q")
      << "the method to answer by comes first";
}

TEST(ScoresTable, TellsDifferencesByTheMethodAndOfWhatWasLearned) {
  for (const auto& [method, description] : {std::pair(v1::Partition::LEIDEN, "Leiden"),
                                            {v1::Partition::LEIDEN, "Leiden, signed, resolution 0.5"},
                                            {v1::Partition::SPECTRAL, "spectral, k = 8"}}) {
    const std::string text = ScoresTable(TwoNetworks(method, description), Style(120));
    EXPECT_TRUE(HasPart(text, "The first, width = 3 − step_b  +0.2500  0.062      0.19")) << description;
    EXPECT_EQ(LinesWith(text, " − ").size(), 2U) << text;
    EXPECT_EQ(LinesWith(text, "accuracy The first"), std::vector<std::string>{}) << "columns line up";
    EXPECT_TRUE(LinesWith(text, " − ").at(1).starts_with("accuracy The first")) << text;
    EXPECT_TRUE(HasPart(text, "adjusted for all 3 comparisons")) << text;
    EXPECT_EQ(LinesWith(ScoresTable(TwoNetworks(method, description), Style(120, true)), " − ").size(), 3U);
  }
}

TEST(ScoresCsv, HasALineForEachPartitionAndQuotesWhatHasCommas) {
  EXPECT_EQ(
      ScoresCsv(TwoNetworks()),
      "group,job,model,name,units,edges,partition,method,clusters,modularity,ncut,null_mean,null_sd,z,p,ncut_z,"
      "ncut_p,nulls,accuracy,loss,seed,step,width\n"
      "\"step_a, width = 3\",jobs/j0,models/m0,\"model, no. 0\",20,0,0,Leiden,2,0.5,0,0.125,0.0625,4,0.01,-1.5,0.5,"
      "99,0.75,1.5,11,step_a,3\n"
      "\"step_a, width = 3\",jobs/j1,models/m1,\"model, no. 1\",20,0,0,Leiden,3,0.375,0.25,0.125,0.0625,3,0.02,"
      "-1.5,0.5,99,0.75,1.5,12,step_a,3\n"
      "step_b,jobs/j2,models/m2,\"model, no. 2\",20,0,0,Leiden,4,0.25,0.5,0.125,0.0625,2,0.03,-1.5,0.5,99,0.75,1.5,"
      "11,step_b,\n"
      "step_b,jobs/j3,models/m3,\"model, no. 3\",20,0,0,Leiden,5,0.125,0.75,,,,,,,0,0.75,1.5,12,step_b,\n");
}

TEST(ScoresCsv, ALabelDoesNotTakeAnotherColumnsName) {
  v1::CompareScoresResponse comparison = TwoModels();
  (*comparison.mutable_rows(0)->mutable_labels())["units"] = "mine";
  const std::string text = ScoresCsv(comparison);
  EXPECT_TRUE(HasPart(text, ",accuracy,label_units\n"));
  EXPECT_TRUE(HasPart(text, ",0.75,mine\n"));
}

}  // namespace
}  // namespace modlab::client
