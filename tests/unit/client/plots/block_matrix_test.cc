#include "client/plots/block_matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

/// How many cells the runs of all levels cover.
double CellsDrawn(const SvgReading& svg) {
  double cells = 0;
  for (const SvgElement& path : svg.WithClass("ml-cells")) {
    const std::string runs = path.Attribute("d");
    for (std::size_t at = runs.find('h'); at != std::string::npos; at = runs.find('h', at + 1)) {
      cells += std::stod(runs.substr(at + 1));
    }
  }
  return cells;
}

TEST(BlockMatrix, DrawsEveryCellThatHasAWeight) {
  const BlockMatrixPlot plot = SampleMatrix(31, 3);
  const auto weights =
      std::count_if(plot.weights.begin(), plot.weights.end(), [](double weight) { return weight > 0; });
  EXPECT_EQ(CellsDrawn(SvgReading(DrawBlockMatrix(plot))), static_cast<double>(weights));
}

TEST(BlockMatrix, JoinsCellsOfOneColour) {
  BlockMatrixPlot plot = SampleMatrix(200, 2);
  plot.weights.assign(200 * 200, 0.5);
  const std::string document = DrawBlockMatrix(plot);
  EXPECT_EQ(CellsDrawn(SvgReading(document)), 200.0 * 200);
  EXPECT_LT(document.size(), 20000U);
}

TEST(BlockMatrix, StaysSmall) { EXPECT_LT(DrawBlockMatrix(SampleMatrix(240, 6)).size(), 600000U); }

TEST(BlockMatrix, DrawsAsManyCellsAsAScoreKeepsOfWholePixels) {
  const SvgReading svg(DrawBlockMatrix(SampleMatrix(400, 6)));
  ASSERT_FALSE(svg.WithClass("ml-cells").empty());
  EXPECT_EQ(svg.WithClass("ml-cells").front().scale, 1);
  EXPECT_GT(CellsDrawn(svg), 100'000);
}

TEST(BlockMatrix, MarksAndNamesClusters) {
  const SvgReading svg(DrawBlockMatrix(SampleMatrix(60, 4)));
  EXPECT_EQ(svg.CountWithClass("ml-boundary"), 6U) << "three in each direction";
  const std::string text = svg.ShownText();
  const std::size_t first = text.find("c2 · 21\n");
  ASSERT_NE(first, std::string::npos) << text;
  EXPECT_NE(text.find("c2 · 21\n", first + 1), std::string::npos) << "along both sides";
}

TEST(BlockMatrix, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    BlockMatrixPlot plot = SampleMatrix(4, 2);
    spoil(plot);
    return Refusal([&] { DrawBlockMatrix(plot); });
  };
  EXPECT_EQ(refusal([](BlockMatrixPlot&) {}), "");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.cells = 0; }),
            "the matrix has 0 rows of cells; 1 to 400 can be drawn");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.weights.pop_back(); }), "there are 15 weights for 4 × 4 cells");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.weights[5] = std::numeric_limits<double>::infinity(); }),
            "weight[5] is not finite");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.weights[5] = -1; }), "the weight in row 1, column 1 is negative");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.weights[6] += 0.1; }),
            "the matrix is not symmetric in row 1, column 2");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.clusters.clear(); }), "the matrix has no clusters");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.clusters[0].end = 5; }),
            "cluster 'c1' ends at 4, before it begins");
  EXPECT_EQ(refusal([](BlockMatrixPlot& plot) { plot.clusters[1].end = 3; }),
            "the last cluster ends at 3, but there are 4 cells");
}

}  // namespace
}  // namespace modlab::client::plots
