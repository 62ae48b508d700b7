#include "client/plots/training_series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

std::size_t PointsOfLine(const SvgElement& path) {
  const std::string commands = path.Attribute("d");
  return static_cast<std::size_t>(
      std::count_if(commands.begin(), commands.end(), [](char c) { return c == 'M' || c == 'L'; }));
}

std::vector<SvgElement> LinesOf(const SvgReading& svg) {
  std::vector<SvgElement> lines = svg.WithClass("ml-series");
  std::erase_if(lines, [](const SvgElement& element) { return element.name != "path"; });
  return lines;
}

TEST(TrainingSeries, HasALineForEverySeriesThroughAllItsPoints) {
  const SvgReading svg(DrawTrainingSeries(SampleTraining(100, 0)));
  const auto lines = LinesOf(svg);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(PointsOfLine(lines[0]), 100U);
  EXPECT_EQ(PointsOfLine(lines[1]), 100U);
  EXPECT_EQ(PointsOfLine(lines[2]), 10U);
  EXPECT_EQ(svg.CountWithClass("ml-point"), 10U) << "dots where there are few";
  EXPECT_EQ(svg.CountWithClass("ml-switch"), 0U);
}

TEST(TrainingSeries, LossIsLogarithmicOnlyWhereThatHelps) {
  TrainingSeriesPlot plot = SampleTraining(100, 0);
  EXPECT_NE(DrawTrainingSeries(plot).find("loss (log scale)"), std::string::npos);
  TrainingSeriesPlot flat = plot;
  for (double& loss : flat.panels[0].series.y) loss = 1 + loss;
  flat.panels[0].second.reset();
  EXPECT_EQ(DrawTrainingSeries(flat).find("log scale"), std::string::npos);
  TrainingSeriesPlot with_zero = plot;
  with_zero.panels[0].series.y[50] = 0;
  EXPECT_EQ(DrawTrainingSeries(with_zero).find("log scale"), std::string::npos);
}

TEST(TrainingSeries, GoalsAreNamedNumberedOrCounted) {
  const SvgReading named(DrawTrainingSeries(SampleTraining(400, 100)));
  EXPECT_EQ(named.CountWithClass("ml-switch"), 6U) << "three switches in two panels";
  EXPECT_NE(named.ShownText().find("\nleft & right\nleft | right\nleft & right\nleft | right\n"), std::string::npos)
      << named.ShownText();
  const std::string numbered = SvgReading(DrawTrainingSeries(SampleTraining(400, 20))).ShownText();
  EXPECT_NE(numbered.find("1: left & right"), std::string::npos) << numbered;
  EXPECT_NE(numbered.find("2: left | right"), std::string::npos);
  EXPECT_NE(numbered.find("19 switches between 2 goals"), std::string::npos);
  const SvgReading counted(DrawTrainingSeries(SampleTraining(5000, 10)));
  EXPECT_NE(counted.ShownText().find("499 switches between 2 goals, too close"), std::string::npos)
      << counted.ShownText();
  EXPECT_EQ(counted.CountWithClass("ml-switch"), 0U);
}

TEST(TrainingSeries, LongOnesAreThinned) {
  const SvgReading svg(DrawTrainingSeries(SampleTraining(5000, 0)));
  EXPECT_LE(PointsOfLine(LinesOf(svg)[0]), 4U * 760);
}

TEST(TrainingSeries, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    TrainingSeriesPlot plot = SampleTraining(50, 10);
    spoil(plot);
    return Refusal([&] { DrawTrainingSeries(plot); });
  };
  EXPECT_EQ(refusal([](TrainingSeriesPlot& plot) { plot.panels.clear(); }), "the training has no series");
  EXPECT_EQ(refusal([](TrainingSeriesPlot& plot) {
              plot.panels[0].series = {"training", {}, {}};
            }),
            "series 'training' is empty");
  EXPECT_EQ(refusal([](TrainingSeriesPlot& plot) { plot.panels[0].second->y.pop_back(); }),
            "series 'evaluation' has not as many values as places");
  EXPECT_EQ(
      refusal([](TrainingSeriesPlot& plot) { plot.panels[0].series.y[7] = std::numeric_limits<double>::quiet_NaN(); }),
      "series 'training', value[7] is not finite");
  EXPECT_EQ(refusal([](TrainingSeriesPlot& plot) { plot.panels[0].series.x[7] = 6; }),
            "series 'training': place 7 is not after the one before");
  EXPECT_EQ(refusal([](TrainingSeriesPlot& plot) { plot.switches[2].epoch = 10; }),
            "switch 2 is not after the one before");
}

}  // namespace
}  // namespace modlab::client::plots
