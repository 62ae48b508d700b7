#include "client/plots/null_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "tests/unit/client/plots/refused.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

TEST(BinnedValues, CountEveryValueOnce) {
  for (const int count : {1, 2, 7, 100, 5000}) {
    const HistogramBins bins = BinnedValues(SampleNulls(count, 0).nulls, 0);
    EXPECT_EQ(std::accumulate(bins.counts.begin(), bins.counts.end(), 0), count);
    EXPECT_LE(bins.counts.size(), 60U);
    EXPECT_GE(bins.counts.size(), count > 2 ? 5U : 1U);
  }
}

TEST(BinnedValues, EqualValuesShareOne) {
  const HistogramBins bins = BinnedValues({0.25, 0.25, 0.25}, 0.01);
  EXPECT_EQ(bins.counts, std::vector<int>{3});
  EXPECT_NEAR(bins.low + bins.width / 2, 0.25, 1e-12);
}

TEST(BinnedValues, AreNotNarrowerThanAsked) {
  const HistogramBins bins = BinnedValues(SampleNulls(1000, 0).nulls, 0.005);
  EXPECT_GE(bins.width, 0.0049);
}

TEST(NullHistogram, HasABarForEachBinThatIsNotEmpty) {
  const NullHistogramPlot plot = SampleNulls(100, 0.12);
  const SvgReading svg(DrawNullHistogram(plot));
  const HistogramBins bins = BinnedValues(plot.nulls, 0);
  const auto filled = static_cast<std::size_t>(
      std::count_if(bins.counts.begin(), bins.counts.end(), [](int count) { return count > 0; }));
  EXPECT_EQ(svg.CountWithClass("ml-count"), filled);
  EXPECT_EQ(svg.CountWithClass("ml-observed"), 1U);
  const std::string text = svg.ShownText();
  EXPECT_NE(text.find("z = 4.8, p = 0.0099"), std::string::npos) << text;
  EXPECT_NE(text.find("observed 0.12"), std::string::npos) << text;
}

TEST(NullHistogram, SaysWhenAllAreEqual) {
  NullHistogramPlot plot = SampleNulls(3, 0.4);
  plot.nulls = {0.1 + 0.2, 0.3, 0.3};
  const std::string text = SvgReading(DrawNullHistogram(plot)).ShownText();
  EXPECT_NE(text.find("same value"), std::string::npos) << text;
  EXPECT_NE(text.find("0.3 ± 0,"), std::string::npos) << text;
}

TEST(NullHistogram, RefusesWhatCannotBe) {
  const auto refusal = [](auto spoil) {
    NullHistogramPlot plot = SampleNulls(5, 0.12);
    spoil(plot);
    return Refusal([&] { DrawNullHistogram(plot); });
  };
  EXPECT_EQ(refusal([](NullHistogramPlot& plot) { plot.nulls.clear(); }), "there are no null models");
  EXPECT_EQ(refusal([](NullHistogramPlot& plot) { plot.nulls[3] = kNotANumber; }), "null model[3] is not finite");
  EXPECT_EQ(refusal([](NullHistogramPlot& plot) { plot.observed = kNotANumber; }), "the observed value is not finite");
  EXPECT_EQ(refusal([](NullHistogramPlot& plot) { plot.z = kNotANumber; }), "z is not finite");
}

}  // namespace
}  // namespace modlab::client::plots
