#include "client/output/facts.h"

#include <gtest/gtest.h>

#include "client/output/grid.h"

namespace modlab::client {
namespace {

TEST(Facts, ValuesStandUnderEachOtherAndWrap) {
  Facts facts({.width = 25, .color = false});
  facts.Add("Q", "0.5");
  facts.Add("eigenvalues", "0 0.1 0.2 0.3 0.4 0.5");
  facts.Add("nothing", "");
  EXPECT_EQ(facts.text(),
            "Q            0.5\n"
            "eigenvalues  0 0.1 0.2\n"
            "             0.3 0.4 0.5\n");
}

TEST(Facts, AWordThatDoesNotFitStandsAlone) {
  Facts facts({.width = 20, .color = false});
  facts.Add("sandbox", "a 0123456789012345678901234567890 b");
  EXPECT_EQ(facts.text(),
            "sandbox      a\n"
            "             0123456789012345678901234567890\n"
            "             b\n");
}

TEST(Grid, ColumnsLineUp) {
  Grid grid({Grid::Align::kLeft, Grid::Align::kRight});
  grid.Add({"layer", "units"});
  grid.Add({"ü", "1000000"});
  grid.Add({"long name", "7"});
  EXPECT_EQ(grid.Text({}),
            "  layer        units\n"
            "  ü          1000000\n"
            "  long name        7\n");
}

TEST(Grid, OnlyTheHeadingIsBold) {
  Grid grid({Grid::Align::kLeft});
  grid.Add({"layer"});
  grid.Add({"fc"});
  EXPECT_EQ(grid.Text({.width = 80, .color = true}), "\x1b[1m  layer\x1b[0m\n  fc\n");
}

}  // namespace
}  // namespace modlab::client
