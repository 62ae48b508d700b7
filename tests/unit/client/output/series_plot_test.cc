#include "client/output/series_plot.h"

#include <gtest/gtest.h>

namespace modlab::client {
namespace {

TEST(SeriesPlot, DrawsFromTheLeastToTheLargestValue) {
  EXPECT_EQ(SeriesPlot("Q", {0, 0.5, 1}, 40, 2, false),
            "Q 1\n"
            "         1  ▁█\n"
            "         0 ▁██\n");
}

TEST(SeriesPlot, LogarithmsSpreadWhatFallsByPowers) {
  const std::string plot = SeriesPlot("loss", {100, 1, 0.01}, 40, 1, true);
  EXPECT_NE(plot.find("█▄▁"), std::string::npos) << plot;
  EXPECT_NE(SeriesPlot("loss", {1, 0, 1}, 40, 1, true).find("█▁█"), std::string::npos) << "not of 0";
}

TEST(SeriesPlot, ManyValuesShareColumns) {
  const std::vector<double> values(1000, 2);
  const std::string plot = SeriesPlot("x", values, 31, 1, false);
  EXPECT_EQ(plot, "x 2\n         2 ▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅\n");
  EXPECT_EQ(SeriesPlot("x", {}, 40, 3, false), "");
}

}  // namespace
}  // namespace modlab::client
