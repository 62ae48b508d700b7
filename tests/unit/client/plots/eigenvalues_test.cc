#include "client/plots/eigenvalues.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

TEST(Eigenvalues, HasAPointForEachAndMarksTheLargestGap) {
  const SvgReading svg(DrawEigenvalues(SampleEigenvalues()));
  EXPECT_EQ(svg.CountWithClass("ml-point"), 9U);
  EXPECT_NE(svg.ShownText().find("largest gap after 2: suggests k = 2"), std::string::npos) << svg.ShownText();
  EXPECT_NE(svg.ShownText().find("k = 4 was used"), std::string::npos);
}

TEST(Eigenvalues, MarksTheGapThatItIsTold) {
  EigenvaluesPlot plot = SampleEigenvalues();
  plot.gap_after = 1;
  EXPECT_NE(DrawEigenvalues(plot).find("marked gap after 1: suggests k = 1"), std::string::npos);
  plot.gap_after = 2;
  EXPECT_NE(DrawEigenvalues(plot).find("largest gap after 2"), std::string::npos);
}

TEST(Eigenvalues, MarksNoGapWhereThereIsNone) {
  EigenvaluesPlot plot = SampleEigenvalues();
  plot.values = {1, 1, 1};
  EXPECT_EQ(DrawEigenvalues(plot).find("suggests"), std::string::npos);
}

TEST(Eigenvalues, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    EigenvaluesPlot plot = SampleEigenvalues();
    spoil(plot);
    return Refusal([&] { DrawEigenvalues(plot); });
  };
  EXPECT_EQ(refusal([](EigenvaluesPlot& plot) { plot.values.clear(); }), "there are no eigenvalues");
  EXPECT_EQ(refusal([](EigenvaluesPlot& plot) { plot.values[1] = 1; }), "the eigenvalues are not ascending");
  EXPECT_EQ(refusal([](EigenvaluesPlot& plot) { plot.values[8] = std::numeric_limits<double>::infinity(); }),
            "eigenvalue[8] is not finite");
  EXPECT_EQ(refusal([](EigenvaluesPlot& plot) { plot.gap_after = 9; }), "there is no gap after eigenvalue 9 of 9");
  EXPECT_EQ(refusal([](EigenvaluesPlot& plot) { plot.clusters_used = 0; }), "0 clusters cannot have been used");
}

}  // namespace
}  // namespace modlab::client::plots
