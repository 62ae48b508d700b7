#include "client/figures/training_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "client/errors.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"
#include "client/output/training_text.h"
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

/// nullptr: not measured.
plots::MeasuredValues MeasuredValuesOf(const v1::GroupMeasure* measure) {
  plots::MeasuredValues measured;
  if (measure == nullptr) return measured;
  measured.values.assign(measure->values().begin(), measure->values().end());
  measured.mean = measure->mean();
  if (measure->has_least()) measured.interval = plots::MeanInterval{measure->least(), measure->most()};
  return measured;
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
    AddPanel(plot, MetricTitle(spec.metrics(i)),
             SeriesOf(train, "learned", [&](const auto& r) { return at(r.metrics()); }),
             SeriesOf(train, "evaluated", [&](const auto& r) { return at(r.evaluation_metrics()); }), false);
  }
  AddPanel(
      plot, "Q",
      SeriesOf(train, "Q", [](const auto& r) { return NumberIf(r.has_modularity(), r.modularity().modularity()); }), {},
      false);
  if (!train.switches().empty() && !train.series().empty()) {
    plot.switches.push_back({0, GoalText(train.series(0).goal())});
    for (const v1::GoalSwitch& change : train.switches()) {
      plot.switches.push_back({EpochsAfter(change.step(), train), GoalText(change.goal())});
    }
  }
  return OrRefuse(job.name(), [&] { return plots::DrawTrainingSeries(plot); });
}

std::vector<std::string> MeasuresToDraw(const v1::CompareScoresResponse& comparison) {
  const std::optional<ScoredMethod> main = MainMethod(comparison);
  std::vector<std::string> planted;
  std::vector<std::string> others;
  for (const ScoredMethod& method : MethodsOf(comparison)) {
    if (main && method.description == main->description) continue;
    (method.method == v1::Partition::PLANTED ? planted : others).push_back(ModularityMeasure(method));
  }
  std::vector<std::string> drawn;
  if (main) drawn.push_back(ModularityMeasure(*main));
  for (const auto& measures : {planted, MetricNames(comparison), others}) {
    drawn.insert(drawn.end(), measures.begin(), measures.end());
  }
  if (drawn.size() > kMostMeasures) drawn.resize(kMostMeasures);
  return drawn;
}

std::string DrawComparison(const v1::CompareScoresResponse& comparison, const std::vector<std::string>& measures,
                           const std::string& title, const std::string& id_prefix) {
  plots::GroupComparisonPlot plot;
  plot.text.title = Printable(title);
  plot.text.id_prefix = id_prefix;
  plot.confidence = comparison.confidence();
  for (const std::string& name : measures) plot.measures.push_back(MetricTitle(name));
  const std::vector<std::string> titles = GroupTitles(comparison);
  for (int i = 0; i < comparison.groups_size(); ++i) {
    plots::ComparedGroup group = {titles[static_cast<std::size_t>(i)], {}};
    for (const std::string& name : measures) {
      group.measures.push_back(MeasuredValuesOf(FindMeasure(comparison.groups(i), name)));
    }
    plot.groups.push_back(std::move(group));
  }
  return OrRefuse("the comparison", [&] { return plots::DrawGroupComparison(plot); });
}

}  // namespace modlab::client
