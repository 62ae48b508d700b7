#include "server/comparison/group_measures.h"

#include <algorithm>
#include <map>

#include "core/measure/group_comparison.h"
#include "core/measure/significance.h"

namespace modlab::server {
namespace {

using modlab::v1::CompareScoresResponse;
using modlab::v1::GroupDifference;
using modlab::v1::GroupMeasure;
using modlab::v1::ScoredPartition;
using modlab::v1::ScoreGroup;
using modlab::v1::ScoreRow;

constexpr int kMostGroupsToTest = 40;

/// The values of a row's measures, in an order that is the same for the same measures.
std::vector<std::pair<std::string, double>> ValuesOf(const ScoreRow& row) {
  std::vector<std::pair<std::string, double>> values;
  for (const ScoredPartition& partition : row.partitions()) {
    values.emplace_back(partition.description() + ": Q", partition.modularity());
    values.emplace_back(partition.description() + ": n-cut", partition.ncut());
    if (partition.has_z()) values.emplace_back(partition.description() + ": z", partition.z());
  }
  const std::map<std::string, double> performance(row.performance().begin(), row.performance().end());
  values.insert(values.end(), performance.begin(), performance.end());
  return values;
}

void Measure(const CompareScoresResponse& response, ScoreGroup* group) {
  for (const int row : group->rows()) {
    for (const auto& [measure, value] : ValuesOf(response.rows(row))) {
      auto found = std::find_if(group->mutable_measures()->begin(), group->mutable_measures()->end(),
                                [&name = measure](const GroupMeasure& known) { return known.measure() == name; });
      if (found == group->mutable_measures()->end()) {
        group->add_measures()->set_measure(measure);
        found = group->mutable_measures()->end() - 1;
      }
      found->add_values(value);
    }
  }
  for (GroupMeasure& measure : *group->mutable_measures()) {
    const MeanInterval interval =
        IntervalOfMean({measure.values().begin(), measure.values().end()}, response.confidence());
    measure.set_mean(interval.mean);
    if (!interval.sd) continue;
    measure.set_sd(*interval.sd);
    measure.set_least(*interval.least);
    measure.set_most(*interval.most);
  }
}

/// n-cut depends on the number of clusters, and z says what it says by itself.
bool IsCompared(const std::string& measure) { return !measure.ends_with(": n-cut") && !measure.ends_with(": z"); }

void Compare(int first, int second, uint64_t seed, CompareScoresResponse* response) {
  for (const GroupMeasure& measure : response->groups(first).measures()) {
    if (!IsCompared(measure.measure())) continue;
    const auto& others = response->groups(second).measures();
    const auto other = std::find_if(others.begin(), others.end(),
                                    [&](const GroupMeasure& known) { return known.measure() == measure.measure(); });
    if (other == others.end()) continue;
    const DifferenceTest test = TestDifferenceOfMeans({measure.values().begin(), measure.values().end()},
                                                      {other->values().begin(), other->values().end()}, seed);
    GroupDifference& difference = *response->add_differences();
    difference.set_first(first);
    difference.set_second(second);
    difference.set_measure(measure.measure());
    difference.set_difference(test.difference);
    difference.set_p(test.p);
    difference.set_least_p(test.least_p);
  }
}

}  // namespace

void MeasureGroups(uint64_t seed, CompareScoresResponse* response) {
  for (ScoreGroup& group : *response->mutable_groups()) Measure(*response, &group);
  if (response->groups_size() > kMostGroupsToTest) return;
  for (int first = 0; first < response->groups_size(); ++first) {
    for (int second = first + 1; second < response->groups_size(); ++second) Compare(first, second, seed, response);
  }
  std::vector<double> p;
  for (const GroupDifference& difference : response->differences()) p.push_back(difference.p());
  const std::vector<double> adjusted = AdjustForFalseDiscovery(p);
  for (int i = 0; i < response->differences_size(); ++i) {
    response->mutable_differences(i)->set_p_adjusted(adjusted[static_cast<size_t>(i)]);
  }
}

}  // namespace modlab::server
