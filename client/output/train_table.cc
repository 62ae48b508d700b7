#include "client/output/train_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "client/names.h"
#include "client/output/columns.h"
#include "client/output/facts.h"
#include "client/output/text.h"
#include "client/output/training_text.h"

namespace modlab::client {
namespace {

constexpr int kShownEpochs = 10;
constexpr int kShownSwitches = 20;

/// Those from `first` on.
template <typename Items>
std::vector<typename Items::value_type> Last(const Items& items, int count) {
  const int first = std::max(0, items.size() - count);
  return {items.begin() + first, items.end()};
}

std::string SeriesText(const v1::TrainSpec& spec, const v1::TrainResult& result, const TextStyle& style) {
  using EpochColumn = Column<v1::EpochRecord>;
  using enum EpochColumn::Shown;
  using enum Grid::Align;
  const auto number = [](bool has, double value) { return has ? NumberText(value) : ""; };
  std::vector<EpochColumn> columns = {
      {"epoch", [](const v1::EpochRecord& record) { return std::to_string(record.epoch()); }, kAlways, kRight},
      {"goal", [](const v1::EpochRecord& record) { return GoalText(record.goal()); }},
      {"rate", [](const v1::EpochRecord& record) { return NumberText(record.learning_rate()); }, kWide, kRight},
      {"loss", [=](const v1::EpochRecord& record) { return number(record.has_loss(), record.loss()); }, kAlways,
       kRight},
      {"normalized",
       [=](const v1::EpochRecord& record) { return number(record.has_normalized_loss(), record.normalized_loss()); },
       kWide, kRight}};
  for (int i = 0; i < spec.metrics_size(); ++i) {
    columns.push_back({MetricTitle(spec.metrics(i)),
                       [=](const v1::EpochRecord& record) {
                         return number(record.metrics_size() > i, record.metrics_size() > i ? record.metrics(i) : 0);
                       },
                       kAlways, kRight});
  }
  columns.push_back(
      {"evaluated",
       [=](const v1::EpochRecord& record) { return number(record.has_evaluation_loss(), record.evaluation_loss()); },
       kWhereSet, kRight});
  for (int i = 0; i < spec.metrics_size(); ++i) {
    columns.push_back({MetricTitle(spec.metrics(i)),
                       [=](const v1::EpochRecord& record) {
                         const bool has = record.evaluation_metrics_size() > i;
                         return number(has, has ? record.evaluation_metrics(i) : 0);
                       },
                       kWhereSet, kRight});
  }
  const auto modularity = [&](const char* heading, auto get) {
    columns.push_back({heading,
                       [=](const v1::EpochRecord& record) {
                         return record.has_modularity() ? get(record.modularity()) : std::string();
                       },
                       kWhereSet, kRight});
  };
  modularity("Q", [](const v1::ModularityRecord& record) { return fmt::format("{:.4f}", record.modularity()); });
  modularity("clusters", [](const v1::ModularityRecord& record) { return std::to_string(record.clusters()); });
  modularity("z", [](const v1::ModularityRecord& record) {
    return record.has_z() ? fmt::format("{:.1f}", record.z()) : std::string();
  });
  modularity("ARI", [](const v1::ModularityRecord& record) {
    return record.has_agreement() ? fmt::format("{:.2f}", record.agreement()) : std::string();
  });
  const auto rows = Last(result.series(), style.wide ? result.series_size() : kShownEpochs);
  return ColumnsText(columns, rows, style);
}

std::string SwitchesText(const v1::TrainResult& result, const TextStyle& style) {
  if (result.switches().empty()) return "";
  using SwitchColumn = Column<v1::GoalSwitch>;
  using enum SwitchColumn::Shown;
  using enum Grid::Align;
  const std::vector<SwitchColumn> columns = {
      {"switch at", [](const v1::GoalSwitch& change) { return std::to_string(change.epoch()); }, kAlways, kRight},
      {"to", [](const v1::GoalSwitch& change) { return GoalText(change.goal()); }},
      {"before",
       [](const v1::GoalSwitch& change) { return change.has_loss_before() ? NumberText(change.loss_before()) : ""; },
       kAlways, kRight},
      {"after",
       [](const v1::GoalSwitch& change) { return change.has_loss_after() ? NumberText(change.loss_after()) : ""; },
       kAlways, kRight},
      {"recovered in",
       [](const v1::GoalSwitch& change) {
         return change.has_recovery_epochs() ? fmt::format("{} epochs", change.recovery_epochs()) : "-";
       },
       kAlways, kRight},
      {"Q before",
       [](const v1::GoalSwitch& change) {
         return change.has_modularity_before() ? fmt::format("{:.4f}", change.modularity_before()) : std::string();
       },
       kWhereSet, kRight},
      {"Q after",
       [](const v1::GoalSwitch& change) {
         return change.has_modularity_after() ? fmt::format("{:.4f}", change.modularity_after()) : std::string();
       },
       kWhereSet, kRight},
      {"ARI",
       [](const v1::GoalSwitch& change) {
         return change.has_agreement() ? fmt::format("{:.2f}", change.agreement()) : std::string();
       },
       kWhereSet, kRight}};
  return '\n' +
         ColumnsText(columns, Last(result.switches(), style.wide ? result.switches_size() : kShownSwitches), style);
}

std::string EvaluationsText(const v1::TrainSpec& spec, const v1::TrainResult& result, const TextStyle& style) {
  if (result.evaluations().empty()) return "";
  using EvaluationColumn = Column<v1::GoalEvaluation>;
  using enum EvaluationColumn::Shown;
  using enum Grid::Align;
  std::vector<EvaluationColumn> columns = {
      {"in the end", [](const v1::GoalEvaluation& evaluation) { return GoalText(evaluation.goal()); }},
      {"loss", [](const v1::GoalEvaluation& evaluation) { return NumberText(evaluation.loss()); }, kAlways, kRight},
      {"normalized",
       [](const v1::GoalEvaluation& evaluation) {
         return evaluation.has_normalized_loss() ? NumberText(evaluation.normalized_loss()) : std::string();
       },
       kWhereSet, kRight}};
  for (int i = 0; i < spec.metrics_size(); ++i) {
    columns.push_back({MetricTitle(spec.metrics(i)),
                       [=](const v1::GoalEvaluation& evaluation) {
                         return evaluation.metrics_size() > i ? NumberText(evaluation.metrics(i)) : std::string();
                       },
                       kAlways, kRight});
  }
  return '\n' + ColumnsText(columns, result.evaluations(), style);
}

}  // namespace

std::string TrainTable(const v1::Job& job, const TextStyle& style) {
  const v1::TrainResult& result = job.result().train();
  const v1::TrainSpec& spec = job.spec().train();
  Facts facts(style);
  facts.Add("model", Printable(result.model()));
  facts.Add("trained", fmt::format("{} epochs, {} steps, ended by {}; {:.0f} samples/s", result.epochs(),
                                   result.steps(), Printable(result.stopped_by()), result.samples_per_second()));
  facts.Add("seed", std::to_string(job.spec().seed()));
  for (const std::string& warning : result.warnings()) facts.Add("warning", Printable(warning));
  return Bold(fmt::format("{} trained", Printable(spec.model())), style) + '\n' + facts.text() + '\n' +
         SeriesText(spec, result, style) + SwitchesText(result, style) + EvaluationsText(spec, result, style);
}

}  // namespace modlab::client
