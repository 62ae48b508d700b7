#include "client/output/scores_table.h"

#include <gtest/gtest.h>

#include "client/output/score_groups.h"

namespace modlab::client {
namespace {

/// Two networks of two runs each, of which one run of the second has no null models.
v1::CompareScoresResponse Comparison() {
  v1::CompareScoresResponse comparison;
  comparison.set_confidence(0.95);
  for (int run = 0; run < 4; ++run) {
    v1::ScoreRow& row = *comparison.add_rows();
    row.set_job("jobs/j" + std::to_string(run));
    row.set_model("models/m" + std::to_string(run));
    row.set_group(run / 2);
    row.set_units(20);
    v1::ScoredPartition& partition = *row.add_partitions();
    partition.set_description("Leiden");
    partition.set_clusters(2 + run);
    partition.set_modularity(0.5 - 0.125 * run);
    partition.set_ncut(0.25 * run);
    (*row.mutable_performance())["accuracy"] = 0.75;
    if (run == 3) continue;
    partition.set_null_mean(0.125);
    partition.set_null_sd(0.0625);
    partition.set_z(4 - run);
    partition.set_p(0.01 * (run + 1));
  }
  for (int group = 0; group < 2; ++group) {
    v1::ScoreGroup& added = *comparison.add_groups();
    added.set_name(group == 0 ? "first, width=3" : "second");
    added.set_title(group == 0 ? "The first" : "");
    added.add_rows(2 * group);
    added.add_rows(2 * group + 1);
    v1::GroupMeasure& measure = *added.add_measures();
    measure.set_measure("Leiden: Q");
    measure.set_mean(0.4375 - 0.25 * group);
    measure.set_least(0.25);
    measure.set_most(0.5);
    v1::GroupMeasure& accuracy = *added.add_measures();
    accuracy.set_measure("accuracy");
    accuracy.set_mean(0.75);
  }
  return comparison;
}

TEST(ScoreGroups, AreSummarizedOverTheRunsThatHaveTheNumber) {
  const v1::CompareScoresResponse comparison = Comparison();
  EXPECT_EQ(Descriptions(comparison), std::vector<std::string>{"Leiden"});
  EXPECT_EQ(PerformanceNames(comparison), std::vector<std::string>{"accuracy"});
  EXPECT_EQ(GroupTitle(comparison.groups(0)), "The first, width=3");
  EXPECT_EQ(GroupTitle(comparison.groups(1)), "second");
  const PartitionSummary first = Summarize(PartitionsOf(comparison, comparison.groups(0), "Leiden"));
  EXPECT_EQ(first.partitions, 2);
  EXPECT_DOUBLE_EQ(*first.z, 3.5);
  EXPECT_DOUBLE_EQ(*first.largest_p, 0.02);
  EXPECT_DOUBLE_EQ(first.clusters, 2.5);
  const PartitionSummary second = Summarize(PartitionsOf(comparison, comparison.groups(1), "Leiden"));
  EXPECT_DOUBLE_EQ(*second.z, 2);
  EXPECT_DOUBLE_EQ(second.ncut, 0.625);
  EXPECT_EQ(Summarize({}).z, std::nullopt);
  EXPECT_EQ(IntervalText(FindModularity(comparison.groups(0), "Leiden")), "0.4375 [0.2500, 0.5000]");
  EXPECT_EQ(IntervalText(FindModularity(comparison.groups(0), "planted")), "-");
}

TEST(ScoresTable, HasALineForEachGroupAndWhereItIsWideForEachJob) {
  const std::string text = ScoresTable(Comparison(), {.width = 120, .color = false});
  EXPECT_NE(text.find("The first, width=3     2     20  0.4375 [0.2500, 0.5000]  0.1250 ± 0.0625  3.5  0.02"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("j0"), std::string::npos);
  TextStyle wide{.width = 120, .color = false};
  wide.wide = true;
  EXPECT_NE(ScoresTable(Comparison(), wide).find("j0"), std::string::npos);
}

TEST(ScoresCsv, HasALineForEachPartitionAndQuotesWhatHasCommas) {
  EXPECT_EQ(
      ScoresCsv(Comparison()),
      "group,job,model,units,edges,partition,method,clusters,modularity,ncut,null_mean,null_sd,z,p,nulls,accuracy\n"
      "\"first, width=3\",jobs/j0,models/m0,20,0,0,Leiden,2,0.5,0,0.125,0.0625,4,0.01,0,0.75\n"
      "\"first, width=3\",jobs/j1,models/m1,20,0,0,Leiden,3,0.375,0.25,0.125,0.0625,3,0.02,0,0.75\n"
      "second,jobs/j2,models/m2,20,0,0,Leiden,4,0.25,0.5,0.125,0.0625,2,0.03,0,0.75\n"
      "second,jobs/j3,models/m3,20,0,0,Leiden,5,0.125,0.75,,,,,0,0.75\n");
}

}  // namespace
}  // namespace modlab::client
