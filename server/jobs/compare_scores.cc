#include "server/jobs/compare_scores.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/comparison/group_measures.h"
#include "server/comparison/tested_modularity.h"
#include "server/executor/utf8.h"
#include "server/jobs/experiment_plan.h"
#include "server/jobs/request_error.h"
#include "server/jobs/scored_job.h"

namespace modlab::server {
namespace {

using modlab::v1::CompareScoresRequest;
using modlab::v1::CompareScoresResponse;
using modlab::v1::Experiment;
using modlab::v1::Job;
using modlab::v1::Modularity;
using modlab::v1::Partition;
using modlab::v1::PartitionSpec;
using modlab::v1::ScoredPartition;
using modlab::v1::ScoreGroup;
using modlab::v1::ScoreRow;

constexpr double kDefaultConfidence = 0.95;

void Check(const CompareScoresRequest& request) {
  if (request.jobs().empty() == request.experiment().empty()) {
    throw RequestError(request.jobs().empty() ? modlab::v1::FIELD_MISSING : modlab::v1::FIELD_INVALID,
                       "say what is to be compared: score jobs, or an experiment", "jobs");
  }
  CheckNumberOfJobs(request.jobs_size());
  if (request.has_confidence() && !(request.confidence() > 0 && request.confidence() < 1)) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("{} is no confidence of an interval: give a number over 0 and under 1 (0.95)",
                                   request.confidence()),
                       "confidence");
  }
}

/// A label that no job has would make repetitions of all.
void CheckRowsHaveLabels(const CompareScoresRequest& request, const CompareScoresResponse& response) {
  for (int i = 0; i < request.group_by_size(); ++i) {
    std::set<std::string> known;
    for (const auto& row : response.rows()) {
      for (const auto& [label, value] : row.labels()) known.insert(label);
    }
    if (known.contains(request.group_by(i))) continue;
    throw RequestError(
        modlab::v1::FIELD_INVALID,
        fmt::format("no job has a label `{}`: {}", ToUtf8(request.group_by(i), 100),
                    known.empty() ? "none has any" : fmt::format("there are {}", fmt::join(known, ", "))),
        fmt::format("group_by[{}]", i));
  }
}

/// The experiment's score jobs that can be compared.
std::vector<std::string> ScoreJobsOf(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const auto& job : experiment.jobs()) {
    if (job.kind() == Job::SCORE && job.state() == Job::SUCCEEDED) names.push_back(job.job());
  }
  if (!names.empty()) return names;
  throw RequestError(modlab::v1::RESULT_MISSING,
                     fmt::format("no score job of {} has succeeded, so there is nothing to compare (`modlab experiment "
                                 "show` says how far it is)",
                                 experiment.name()),
                     "experiment", {{"state", Experiment::State_Name(experiment.state())}});
}

std::string SpectralText(const modlab::v1::SpectralSpec& spec) {
  if (spec.has_clusters()) return fmt::format("spectral, k = {}", spec.clusters());
  return fmt::format("spectral, best k of {} to {}", spec.least_clusters(), spec.most_clusters());
}

std::string LeidenText(const modlab::v1::LeidenSpec& spec) {
  if (spec.objective() == Modularity::NEWMAN || spec.objective() == Modularity::OBJECTIVE_UNSPECIFIED) return "Leiden";
  return "Leiden, " + Lower(Modularity::Objective_Name(spec.objective()));
}

std::string MethodText(const PartitionSpec& spec, double resolution) {
  const std::string text = spec.has_spectral() ? SpectralText(spec.spectral())
                           : spec.has_leiden() ? LeidenText(spec.leiden())
                                               : "planted";
  return resolution == 1 ? text : fmt::format("{}, resolution {}", text, resolution);
}

template <typename Message, typename Set>
void CopyIf(bool has, double value, Message* message, Set set) {
  if (has) (message->*set)(value);
}

void AddPartitions(const Job& job, ScoreRow* row) {
  const auto& spec = job.result().provenance().spec().score();  // with what depends on the graph, too
  std::map<std::string, int> seen;
  for (int i = 0; i < job.result().score().partitions_size(); ++i) {
    const Partition& partition = job.result().score().partitions(i);
    std::string description =
        MethodText(i < spec.partitions_size() ? spec.partitions(i) : job.spec().score().partitions(i),
                   job.spec().score().resolution());
    if (const int times = ++seen[description]; times > 1) description += fmt::format(" ({})", times);
    ScoredPartition& added = *row->add_partitions();
    added.set_index(i);
    added.set_method(partition.method());
    added.set_description(description);
    added.set_clusters(partition.clusters());
    added.set_modularity(TestedModularity(partition));
    added.set_ncut(partition.ncut());
    if (!partition.has_significance()) continue;
    const auto& modularity = partition.significance().modularity();
    const auto& ncut = partition.significance().ncut();
    added.set_null_samples(partition.significance().samples());
    added.set_null_mean(modularity.mean());
    added.set_p(modularity.p());
    added.set_ncut_p(ncut.p());
    CopyIf(modularity.has_sd(), modularity.sd(), &added, &ScoredPartition::set_null_sd);
    CopyIf(modularity.has_z(), modularity.z(), &added, &ScoredPartition::set_z);
    CopyIf(ncut.has_z(), ncut.z(), &added, &ScoredPartition::set_ncut_z);
  }
}

/// What the training says in the end of the goal that was in force last.
void AddPerformance(const Job& training, ScoreRow* row) {
  const auto& result = training.result().train();
  if (result.evaluations().empty() || result.series().empty()) return;
  const auto& in_force = result.series(result.series_size() - 1).goal();
  const auto& evaluations = result.evaluations();
  auto found = std::find_if(evaluations.begin(), evaluations.end(), [&](const auto& evaluation) {
    return google::protobuf::util::MessageDifferencer::Equals(evaluation.goal(), in_force);
  });
  if (found == evaluations.end()) found = evaluations.end() - 1;
  const auto& last = *found;
  (*row->mutable_performance())["loss"] = last.loss();
  const auto& names = training.spec().train().metrics();
  for (int i = 0; i < std::min(names.size(), last.metrics_size()); ++i) {
    const auto kind = static_cast<modlab::v1::MetricKind>(names.Get(i));
    (*row->mutable_performance())[Lower(modlab::v1::MetricKind_Name(kind))] = last.metrics(i);
  }
}

/// By score job of an experiment: the job that made the model which is scored.
std::map<std::string, std::string> MakersOfScored(const Experiment& experiment) {
  std::map<std::string, std::string> makers;
  const std::vector<PlannedJob> plan = PlanExperiment(experiment.spec());
  for (size_t i = 0; i < plan.size(); ++i) {
    const auto maker = plan[i].makers.find(plan[i].spec.score().model());
    if (maker == plan[i].makers.end()) continue;
    makers[experiment.jobs(static_cast<int>(i)).job()] = experiment.jobs(maker->second).job();
  }
  return makers;
}

/// Runs `look`; does nothing where what it looks for is gone, or another's.
template <typename Look>
void IfThere(const Look& look) {
  try {
    look();
  } catch (const RequestError& error) {
    if (error.reason() != modlab::v1::RESOURCE_NOT_FOUND && error.reason() != modlab::v1::PERMISSION_REFUSED) throw;
  }
}

/// `maker`: the job that made the model, where it is known; else the model says which it was.
ScoreRow MakeRow(Jobs& jobs, Models& models, const Principal& principal, const Job& job, std::string maker) {
  ScoreRow row;
  row.set_job(job.name());
  row.set_model(job.spec().score().model());
  row.set_units(job.result().score().graph().units());
  row.set_edges(job.result().score().graph().edges());
  *row.mutable_labels() = job.labels();
  AddPartitions(job, &row);
  IfThere([&] {
    const auto model = models.Get(principal, row.model());
    row.set_display_name(model.display_name());
    if (maker.empty()) maker = model.source_job();
  });
  if (!maker.empty()) IfThere([&] { AddPerformance(jobs.Get(principal, maker), &row); });
  return row;
}

/// What rows are grouped by, and how groups are called.
class Grouping {
 public:
  Grouping(const CompareScoresRequest& request, const Experiment& experiment)
      : keys_(request.group_by().begin(), request.group_by().end()) {
    if (request.experiment().empty()) return;
    for (const auto& step : experiment.spec().steps()) titles_[step.name()] = step.title();
    if (!keys_.empty()) return;
    keys_.push_back("step");
    for (const auto& axis : experiment.spec().axes()) {
      if (!axis.repeats()) keys_.push_back(axis.name());
    }
  }

  void Add(const ScoreRow& row, int index, CompareScoresResponse* response) {
    std::vector<std::string> values;
    for (const std::string& key : keys_) {
      const auto found = row.labels().find(key);
      values.push_back(found == row.labels().end() ? "" : found->second);
    }
    if (keys_.empty()) values.push_back(row.job());
    const auto [place, is_new] = groups_.emplace(values, response->groups_size());
    if (is_new) Describe(row, values, response->add_groups());
    response->mutable_groups(place->second)->add_rows(index);
    response->mutable_rows(index)->set_group(place->second);
  }

 private:
  void Describe(const ScoreRow& row, const std::vector<std::string>& values, ScoreGroup* group) const {
    if (keys_.empty()) {
      group->set_name(row.display_name().empty() ? row.job() : row.display_name());
      return;
    }
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (values[i].empty()) continue;
      (*group->mutable_labels())[keys_[i]] = values[i];
      const std::string text = keys_[i] == "step" ? values[i] : fmt::format("{} = {}", keys_[i], values[i]);
      group->set_name(group->name() + (group->name().empty() ? "" : ", ") + text);
      if (keys_[i] != "step") continue;
      const auto title = titles_.find(values[i]);
      if (title != titles_.end()) group->set_title(title->second);
    }
  }

  std::vector<std::string> keys_;  ///< Empty: every job by itself.
  std::map<std::string, std::string> titles_;
  std::map<std::vector<std::string>, int> groups_;
};

}  // namespace

CompareScoresResponse CompareScoresAsAsked(Jobs& jobs, Models& models, Experiments& experiments,
                                           const Principal& principal, const CompareScoresRequest& request) {
  Authorize(principal, Verb::kRead, {"server", ""});
  Check(request);
  Experiment experiment;
  std::map<std::string, std::string> makers;
  std::vector<std::string> names(request.jobs().begin(), request.jobs().end());
  if (!request.experiment().empty()) {
    experiment = experiments.Get(principal, request.experiment(), "experiment");
    names = ScoreJobsOf(experiment);
    makers = MakersOfScored(experiment);
  }
  CompareScoresResponse response;
  response.set_confidence(request.has_confidence() ? request.confidence() : kDefaultConfidence);
  Grouping grouping(request, experiment);
  std::set<std::string> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string field = request.experiment().empty() ? fmt::format("jobs[{}]", i) : "experiment";
    const Job job = GetScoredJob(jobs, principal, names[i], field);
    if (!seen.insert(job.name()).second) {
      throw RequestError(modlab::v1::FIELD_INVALID,
                         fmt::format("{} is named twice, and would be compared with itself", job.name()), field);
    }
    const auto maker = makers.find(job.name());
    *response.add_rows() = MakeRow(jobs, models, principal, job, maker == makers.end() ? "" : maker->second);
    grouping.Add(response.rows(static_cast<int>(i)), static_cast<int>(i), &response);
  }
  CheckRowsHaveLabels(request, response);
  MeasureGroups(request.seed(), &response);
  return response;
}

}  // namespace modlab::server
