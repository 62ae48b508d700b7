#include "tests/unit/client/sample_comparison.h"

#include <algorithm>

namespace modlab::client {
namespace {

v1::GroupMeasure& MeasureOf(v1::ScoreGroup& group, const std::string& name) {
  const auto found = std::find_if(group.mutable_measures()->begin(), group.mutable_measures()->end(),
                                  [&](const v1::GroupMeasure& measure) { return measure.measure() == name; });
  if (found != group.mutable_measures()->end()) return *found;
  v1::GroupMeasure& measure = *group.add_measures();
  measure.set_measure(name);
  return measure;
}

void AddValue(v1::GroupMeasure& measure, double value) {
  measure.add_values(value);
  double sum = 0;
  for (const double each : measure.values()) sum += each;
  measure.set_mean(sum / measure.values_size());
  if (measure.values_size() < 2) return;
  measure.set_least(measure.mean() - 0.0625);
  measure.set_most(measure.mean() + 0.0625);
}

void AddPerformance(v1::CompareScoresResponse& comparison, int row, const std::string& name, double value) {
  (*comparison.mutable_rows(row)->mutable_performance())[name] = value;
  AddValue(MeasureOf(*comparison.mutable_groups(comparison.rows(row).group()), name), value);
}

void AddRow(v1::CompareScoresResponse& comparison, int group) {
  const int row = comparison.rows_size();
  v1::ScoreRow& added = *comparison.add_rows();
  added.set_job("jobs/j" + std::to_string(row));
  added.set_model("models/m" + std::to_string(row));
  added.set_display_name("model, no. " + std::to_string(row));
  added.set_group(group);
  added.set_units(20);
  comparison.mutable_groups(group)->add_rows(row);
}

}  // namespace

void AddPartition(v1::CompareScoresResponse& comparison, int row, v1::Partition::Method method,
                  const std::string& description, double modularity) {
  v1::ScoreRow& of = *comparison.mutable_rows(row);
  v1::ScoredPartition& partition = *of.add_partitions();
  partition.set_index(of.partitions_size() - 1);
  partition.set_method(method);
  partition.set_description(description);
  partition.set_clusters(2 + row);
  partition.set_modularity(modularity);
  partition.set_ncut(0.25 * row);
  AddValue(MeasureOf(*comparison.mutable_groups(of.group()), description + ": Q"), modularity);
  if (row == 3) return;
  partition.set_null_mean(0.125);
  partition.set_null_sd(0.0625);
  partition.set_z(4 - row);
  partition.set_p(0.01 * (row + 1));
  partition.set_ncut_z(-1.5);
  partition.set_ncut_p(0.5);
  partition.set_null_samples(99);
}

v1::CompareScoresResponse TwoNetworks(v1::Partition::Method method, const std::string& description) {
  v1::CompareScoresResponse comparison;
  comparison.set_confidence(0.95);
  for (int group = 0; group < 2; ++group) {
    v1::ScoreGroup& added = *comparison.add_groups();
    added.set_name(group == 0 ? "step_a, width = 3" : "step_b");
    added.set_title(group == 0 ? "The first" : "");
    (*added.mutable_labels())["step"] = group == 0 ? "step_a" : "step_b";
    if (group == 0) (*added.mutable_labels())["width"] = "3";
  }
  for (int row = 0; row < 4; ++row) {
    AddRow(comparison, row / 2);
    AddPartition(comparison, row, method, description, 0.5 - 0.125 * row);
    AddPerformance(comparison, row, "accuracy", 0.75);
    AddPerformance(comparison, row, "loss", 1.5);
    v1::ScoreRow& added = *comparison.mutable_rows(row);
    *added.mutable_labels() = comparison.groups(added.group()).labels();
    (*added.mutable_labels())["seed"] = std::to_string(row % 2 + 11);
  }
  for (const std::string& measure : {description + ": Q", std::string("accuracy"), std::string("loss")}) {
    v1::GroupDifference& difference = *comparison.add_differences();
    difference.set_first(0);
    difference.set_second(1);
    difference.set_measure(measure);
    difference.set_difference(measure == description + ": Q" ? 0.25 : 0);
    difference.set_p(0.0625);
    difference.set_p_adjusted(0.1875);
    difference.set_least_p(0.03125);
  }
  return comparison;
}

v1::CompareScoresResponse TwoModels() {
  v1::CompareScoresResponse comparison;
  comparison.set_confidence(0.95);
  for (int row = 0; row < 2; ++row) {
    comparison.add_groups()->set_name(row == 0 ? "small.pt" : "large.pt");
    AddRow(comparison, row);
    AddPartition(comparison, row, v1::Partition::SPECTRAL, "spectral, k = 8", 0.25 - 0.125 * row);
    AddPartition(comparison, row, v1::Partition::LEIDEN, "Leiden", 0.5 - 0.125 * row);
    AddPerformance(comparison, row, "accuracy", 0.75);
  }
  return comparison;
}

}  // namespace modlab::client
