#include "client/output/training_plots.h"

#include <fmt/format.h>

#include "client/output/series_plot.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr int kHeight = 5;

std::vector<double> ValuesOf(const std::map<int, double>& series) {
  std::vector<double> values;
  values.reserve(series.size());
  for (const auto& [epoch, value] : series) values.push_back(value);
  return values;
}

}  // namespace

void TrainingPlots::Take(const v1::Metric& metric) {
  if (metric.name() == "loss") {
    loss_[metric.step()] = metric.value();
  } else if (metric.name() == "modularity") {
    modularity_[metric.step()] = metric.value();
  } else {
    return;
  }
  dirty_ = true;
}

std::string TrainingPlots::Plots(int width) {
  dirty_ = false;
  return SeriesPlot("loss", ValuesOf(loss_), width, kHeight, true) +
         SeriesPlot("Q", ValuesOf(modularity_), width, kHeight, false);
}

std::string TrainingPlots::Line() {
  dirty_ = false;
  if (loss_.empty()) return "";
  std::string text = fmt::format("epoch {}: loss {}", loss_.rbegin()->first, NumberText(loss_.rbegin()->second));
  if (!modularity_.empty()) text += fmt::format(", Q {}", NumberText(modularity_.rbegin()->second));
  return text;
}

}  // namespace modlab::client
