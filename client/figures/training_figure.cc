#include "client/figures/training_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "client/errors.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"
#include "client/plots/group_comparison.h"
#include "client/plots/training_series.h"

namespace modlab::client {
namespace {

constexpr std::size_t kMostMeasures = 4;

/// What each epoch has of one quantity.
plots::Series SeriesOf(const v1::TrainResult& train, const std::string& name,
                       const std::function<std::optional<double>(const v1::EpochRecord&)>& value) {
  plots::Series series;
  series.name = name;
  for (const v1::EpochRecord& record : train.series()) {
    const std::optional<double> found = value(record);
    if (!found) continue;
    series.x.push_back(record.epoch());
    series.y.push_back(*found);
  }
  return series;
}

std::optional<double> NumberIf(bool there, double value) { return there ? std::optional<double>(value) : std::nullopt; }

void AddPanel(plots::TrainingSeriesPlot& plot, const std::string& title, plots::Series learned, plots::Series evaluated,
              bool is_loss) {
  if (learned.x.empty() && evaluated.x.empty()) return;
  plots::TrainingPanel panel;
  panel.title = title;
  panel.may_be_logarithmic = is_loss;
  if (learned.x.empty()) {
    panel.series = std::move(evaluated);
  } else {
    panel.series = std::move(learned);
    if (!evaluated.x.empty()) panel.second = std::move(evaluated);
  }
  plot.panels.push_back(std::move(panel));
}

std::string MetricTitle(v1::MetricKind kind) {
  std::string name = Lower(v1::MetricKind_Name(kind));
  std::replace(name.begin(), name.end(), '_', ' ');
  return kind == v1::R_SQUARED ? "R²" : name;
}

std::string GoalLabel(const v1::GoalInForce& goal) {
  std::string text = goal.expression();
  for (const auto& [name, value] : std::map<std::string, double>(goal.parameters().begin(), goal.parameters().end())) {
    text += fmt::format(", {} = {:.3g}", name, value);
  }
  return Printable(text);
}

/// How many epochs had been trained after so many steps, by the records before and after.
double EpochsAfter(std::int64_t step, const v1::TrainResult& train) {
  double epoch = 0;
  std::int64_t before = 0;
  for (const auto& record : train.series()) {
    if (record.step() > step) {
      return epoch + (record.epoch() - epoch) * static_cast<double>(step - before) /
                         static_cast<double>(record.step() - before);
    }
    epoch = record.epoch();
    before = record.step();
  }
  return epoch;
}

template <typename Draw>
std::string OrRefuse(const std::string& what, const Draw& draw) {
  try {
    return draw();
  } catch (const std::invalid_argument& error) {
    throw Failure(ExitCode::kRefused, fmt::format("{} cannot be drawn: {}", what, error.what()));
  }
}

}  // namespace

std::string DrawTraining(const v1::Job& job, const std::string& title, const std::string& id_prefix) {
  const v1::TrainResult& train = job.result().train();
  const v1::TrainSpec& spec = job.spec().train();
  plots::TrainingSeriesPlot plot;
  plot.text.title = Printable(title);
  plot.text.id_prefix = id_prefix;
  AddPanel(plot, "loss", SeriesOf(train, "learned", [](const auto& r) { return NumberIf(r.has_loss(), r.loss()); }),
           SeriesOf(train, "evaluated",
                    [](const auto& r) { return NumberIf(r.has_evaluation_loss(), r.evaluation_loss()); }),
           true);
  for (int i = 0; i < spec.metrics_size(); ++i) {
    const auto at = [i](const auto& values) {
      return NumberIf(i < values.size(), i < values.size() ? values.Get(i) : 0);
    };
    AddPanel(plot, MetricTitle(static_cast<v1::MetricKind>(spec.metrics(i))),
             SeriesOf(train, "learned", [&](const auto& r) { return at(r.metrics()); }),
             SeriesOf(train, "evaluated", [&](const auto& r) { return at(r.evaluation_metrics()); }), false);
  }
  AddPanel(
      plot, "Q",
      SeriesOf(train, "Q", [](const auto& r) { return NumberIf(r.has_modularity(), r.modularity().modularity()); }), {},
      false);
  if (!train.switches().empty() && !train.series().empty()) {
    plot.switches.push_back({0, GoalLabel(train.series(0).goal())});
    for (const v1::GoalSwitch& change : train.switches()) {
      plot.switches.push_back({EpochsAfter(change.step(), train), GoalLabel(change.goal())});
    }
  }
  return OrRefuse(job.name(), [&] { return plots::DrawTrainingSeries(plot); });
}

std::vector<std::string> MeasuresToDraw(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> drawn;
  std::vector<std::string> others;
  for (const std::string& name : MeasureNames(comparison)) {
    const bool is_modularity = name.ends_with(": Q");
    const bool is_share = name == "accuracy" || name == "rounded_accuracy" || name == "r_squared";
    if (name == "Leiden: Q" || name == "planted: Q" || is_share) drawn.push_back(name);
    if (is_modularity && !name.starts_with("Leiden: ") && name != "planted: Q") others.push_back(name);
  }
  for (const std::string& name : others) {
    if (drawn.size() < kMostMeasures) drawn.push_back(name);
  }
  if (drawn.size() > kMostMeasures) drawn.resize(kMostMeasures);
  return drawn;
}

std::string DrawComparison(const v1::CompareScoresResponse& comparison, const std::vector<std::string>& measures,
                           const std::string& title, const std::string& id_prefix) {
  plots::GroupComparisonPlot plot;
  plot.text.title = Printable(title);
  plot.text.id_prefix = id_prefix;
  for (std::string name : measures) {
    std::replace(name.begin(), name.end(), '_', ' ');
    plot.measures.push_back(Printable(name));
  }
  for (const v1::ScoreGroup& group : comparison.groups()) {
    plots::ComparedGroup row;
    row.name = GroupTitle(group);
    for (const std::string& name : measures) {
      const auto found = std::find_if(group.measures().begin(), group.measures().end(),
                                      [&](const v1::GroupMeasure& measure) { return measure.measure() == name; });
      row.values.emplace_back();
      if (found != group.measures().end()) row.values.back().assign(found->values().begin(), found->values().end());
    }
    plot.groups.push_back(std::move(row));
  }
  return OrRefuse("the comparison", [&] { return plots::DrawGroupComparison(plot); });
}

}  // namespace modlab::client
