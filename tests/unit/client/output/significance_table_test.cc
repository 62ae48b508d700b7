#include "client/output/significance_table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace modlab::client {
namespace {

void Add(v1::AdjustPValuesResponse& adjusted, const std::string& job, int index, double p) {
  v1::AdjustedPartition& partition = *adjusted.add_partitions();
  partition.set_job("jobs/" + job);
  partition.set_model("models/of-" + job);
  partition.set_index(index);
  partition.set_method(v1::Partition::LEIDEN);
  partition.set_clusters(4);
  partition.set_modularity(0.25);
  partition.set_ncut(1.5);
  partition.mutable_modularity_test()->set_z(3.25);
  partition.mutable_modularity_test()->set_p(p);
  partition.mutable_modularity_test()->set_p_adjusted(2 * p);
  partition.mutable_ncut_test()->set_p(1);
  partition.mutable_ncut_test()->set_p_adjusted(1);
  adjusted.set_tests(adjusted.tests() + 2);
}

TEST(SignificanceTable, HasALineForEachTest) {
  v1::AdjustPValuesResponse adjusted;
  Add(adjusted, "abc", 0, 0.01);
  Add(adjusted, "abc", 1, 0.04);
  Add(adjusted, "defg", 0, 0.025);
  EXPECT_EQ(SignificanceTable(adjusted, {{"models/of-abc", "net.pt"}}, {}),
            "  model, job      partition        of     observed    z      p  adjusted\n"
            "  net.pt          0 leiden, k = 4  Q        0.2500  3.2   0.01      0.02\n"
            "  abc                              n-cut    1.5000    -      1         1\n"
            "                  1 leiden, k = 4  Q        0.2500  3.2   0.04      0.08\n"
            "                                   n-cut    1.5000    -      1         1\n"
            "  models/of-defg  0 leiden, k = 4  Q        0.2500  3.2  0.025      0.05\n"
            "  defg                             n-cut    1.5000    -      1         1\n"
            "\n"
            "2 of 6 tests of 2 jobs have a p of at most 0.05, adjusted for all of them\n");
}

TEST(SignificanceTable, FitsATerminal) {
  v1::AdjustPValuesResponse adjusted;
  Add(adjusted, "abcdefghijkl", 0, 0.01);
  const std::map<std::string, std::string> titles = {{"models/of-abcdefghijkl", "a network with a long name.pt"}};
  const std::string text = SignificanceTable(adjusted, titles, {});
  EXPECT_NE(text.find("  a network with …  "), std::string::npos) << text;
  TextStyle wide;
  wide.wide = true;
  EXPECT_NE(SignificanceTable(adjusted, titles, wide).find("a long name.pt"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
