#include "client/output/comparison_table.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "client/output/text.h"

namespace modlab::client {
namespace {

v1::ComparePartitionsResponse Small() {
  v1::ComparePartitionsResponse comparison;
  comparison.mutable_first()->set_job("jobs/abc");
  comparison.mutable_first()->set_index(1);
  comparison.mutable_first()->set_method(v1::Partition::LEIDEN);
  comparison.mutable_first()->set_consensus(true);
  comparison.mutable_agreement()->set_units(20);
  comparison.mutable_agreement()->set_adjusted_rand_index(-0.03125);
  comparison.mutable_agreement()->set_normalized_mutual_information(0.5);
  comparison.mutable_agreement()->set_adjusted_mutual_information(0.25);
  comparison.mutable_agreement()->set_variation_of_information(1.0912);
  comparison.set_left_out(3);
  for (const int cluster : {0, 1}) comparison.add_first_clusters(cluster);
  for (const int cluster : {0, 4, 7}) comparison.add_second_clusters(cluster);
  for (const int units : {10, 0, 2, 0, 8, 0}) comparison.add_contingency(units);
  return comparison;
}

/// A cluster for each unit.
v1::ComparePartitionsResponse Large(int clusters) {
  v1::ComparePartitionsResponse comparison;
  comparison.mutable_agreement()->set_units(clusters);
  for (int cluster = 0; cluster < clusters; ++cluster) {
    comparison.add_first_clusters(cluster);
    comparison.add_second_clusters(cluster);
    for (int other = 0; other < clusters; ++other) comparison.add_contingency(other == cluster ? 1 : 0);
  }
  return comparison;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(ComparisonTable, SaysWhatWasComparedAndHowMuchItAgrees) {
  EXPECT_EQ(ComparisonTable(Small(), "abc:leiden:consensus", "labels.txt", {}),
            "rows         abc:1:consensus (leiden, 2 clusters)\n"
            "columns      labels.txt (3 clusters)\n"
            "units        20 units compared; 3 left out, without a cluster in one of the two\n"
            "             or in both\n"
            "ARI          -0.0312 (1: equal; about 0: unrelated)\n"
            "NMI          0.5000 (1: equal)\n"
            "AMI          0.2500 (1: equal; about 0: unrelated)\n"
            "VI           1.0912 nats (0: equal; at most 3.00 for so many units)\n"
            "\n"
            "         c0  c4  c7  units\n"
            "  c0     10   ·   2     12\n"
            "  c1      ·   8   ·      8\n"
            "  units  10   8   2     20\n");
}

TEST(ComparisonTable, LargeTablesAreCutWithAWord) {
  const std::string text = ComparisonTable(Large(300), "a.txt", "b.txt", {});
  EXPECT_LT(Lines(text).size(), 60U);
  EXPECT_NE(text.find("  … 260 more rows and 289 more columns; -o wide and -o json have them all"), std::string::npos)
      << text;
  for (const int width : {60, 80, 132}) {
    for (const std::string& line : Lines(ComparisonTable(Large(30), "a.txt", "b.txt", {.width = width}))) {
      EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(ComparisonTable, WideIsAllOfIt) {
  const std::string text = ComparisonTable(Large(100), "a.txt", "b.txt", {.wide = true});
  EXPECT_EQ(text.find("…"), std::string::npos);
  EXPECT_NE(text.find(" c99 "), std::string::npos);
}

TEST(ComparisonTable, NamesFromElsewhereCannotSteerTheTerminal) {
  v1::ComparePartitionsResponse comparison = Small();
  comparison.mutable_first()->set_job("jobs/\x1b[2J");
  EXPECT_EQ(ComparisonTable(comparison, "", "\x1b[2J.txt", {}).find('\x1b'), std::string::npos);
}

TEST(ComparisonTable, ATableThatIsTooShortIsNoCrash) {
  v1::ComparePartitionsResponse comparison = Small();
  comparison.clear_contingency();
  EXPECT_NE(ComparisonTable(comparison, "", "", {}).find("·"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
