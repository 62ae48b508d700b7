#include "client/output/sweep_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace modlab::client {
namespace {

v1::ResolutionSweep Sweep(int steps, int plateaus) {
  v1::ResolutionSweep sweep;
  for (int i = 0; i < steps; ++i) {
    v1::ResolutionStep& step = *sweep.add_steps();
    step.set_resolution(0.5 + i);
    step.set_clusters(2 + i);
    step.set_modularity(0.25);
    step.set_newman(0.125);
    if (i == 0) continue;
    step.set_adjusted_rand_index(0.75);
    step.set_variation_of_information(0.5);
  }
  for (int i = 0; i < plateaus; ++i) {
    v1::Plateau& plateau = *sweep.add_plateaus();
    plateau.set_least_resolution(0.5 + i);
    plateau.set_most_resolution(1.5 + i);
    plateau.set_resolution(1 + i);
    plateau.set_clusters(2 + i);
    plateau.set_newman(0.375);
    plateau.set_adjusted_rand_index(0.9);
  }
  return sweep;
}

TEST(SweepTable, ShowsPlateausAndSteps) {
  EXPECT_EQ(SweepTable(Sweep(3, 2), {}),
            "  plateau from    to  log length  clusters  at  Q at 1   ARI\n"
            "          ≤0.5   1.5        1.10         2   1  0.3750  0.90\n"
            "           1.5  ≥2.5        0.51         3   2  0.3750  0.90\n"
            "\n"
            "  resolution  clusters       Q  Q at 1   ARI    VI\n"
            "         0.5         2  0.2500  0.1250     -     -\n"
            "         1.5         3  0.2500  0.1250  0.75  0.50\n"
            "         2.5         4  0.2500  0.1250  0.75  0.50\n");
}

TEST(SweepTable, CutsWhatIsLong) {
  const v1::ResolutionSweep sweep = Sweep(41, 10);
  const std::string text = SweepTable(sweep, {});
  EXPECT_NE(text.find("… 5 more plateaus; -o wide and -o json have them all"), std::string::npos) << text;
  EXPECT_NE(text.find("… 30 more resolutions; "), std::string::npos) << text;
  EXPECT_NE(text.find("\n        40.5        42 "), std::string::npos) << text;
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 25);
  TextStyle wide;
  wide.wide = true;
  const std::string all = SweepTable(sweep, wide);
  EXPECT_EQ(all.find("more"), std::string::npos) << all;
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 41 + 10 + 3);
}

TEST(SweepTable, SaysWhereNothingLasts) {
  EXPECT_EQ(SweepTable({}, {}), "");
  EXPECT_TRUE(SweepTable(Sweep(2, 0), {}).starts_with("  no plateau: "));
  EXPECT_NE(SweepTable(Sweep(1, 1), {}).find("0.5         2"), std::string::npos);  // no division by 0
}

}  // namespace
}  // namespace modlab::client
