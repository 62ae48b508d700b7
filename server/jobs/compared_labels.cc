#include "server/jobs/compared_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/executor/labels_file.h"
#include "server/jobs/request_error.h"
#include "server/jobs/scored_job.h"

namespace modlab::server {
namespace {

using modlab::v1::ComparedPartition;
using modlab::v1::Job;
using modlab::v1::Partition;

std::string MethodText(Partition::Method method) { return Lower(Partition::Method_Name(method)); }

void CheckUnits(int64_t units, const std::string& field) {
  if (units <= kMostComparedUnits) return;
  throw RequestError(modlab::v1::LIMIT_EXCEEDED,
                     fmt::format("partitions of {} units are not compared: {} is the most", units, kMostComparedUnits),
                     field, {{"limit", std::to_string(kMostComparedUnits)}});
}

ComparedLabels FromRequest(const ComparedPartition& asked, const std::string& field) {
  if (asked.has_index() || asked.method() != Partition::METHOD_UNSPECIFIED || asked.consensus()) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       "labels are a partition of their own: `index`, `method` and `consensus` choose among a job's",
                       field);
  }
  const auto& labels = asked.labels();
  CheckUnits(labels.size(), field + ".labels");
  const auto wrong = std::find_if(labels.begin(), labels.end(), [](int label) { return label < -1; });
  if (wrong != labels.end()) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("{} is no cluster: give 0 or more, or -1 for units in no cluster", *wrong),
                       fmt::format("{}.labels[{}]", field, wrong - labels.begin()));
  }
  return {{}, {labels.begin(), labels.end()}, {}};
}

/// `it has 0 spectral (8 clusters, with a consensus), 1 leiden (12 clusters)`.
std::string ThoseThereAre(const Job& job) {
  constexpr int most = 12;
  const auto& partitions = job.result().score().partitions();
  std::string text;
  for (int i = 0; i < std::min(partitions.size(), most); ++i) {
    const Partition& partition = partitions.Get(i);
    text += fmt::format("{}{} {} ({} clusters{})", i == 0 ? "it has " : ", ", i, MethodText(partition.method()),
                        partition.clusters(), partition.has_stability() ? ", with a consensus" : "");
  }
  if (partitions.size() > most) text += fmt::format(" and {} more", partitions.size() - most);
  return text.empty() ? "it has none" : text;
}

[[noreturn]] void ThrowNoPartition(const Job& job, const std::string& which, const std::string& field) {
  throw RequestError(modlab::v1::RESOURCE_NOT_FOUND,
                     fmt::format("{} has no {}: {}", job.name(), which, ThoseThereAre(job)), field,
                     {{"name", job.name()}});
}

int Choose(const Job& job, const ComparedPartition& asked, const std::string& field) {
  if (!Partition::Method_IsValid(asked.method())) {
    throw RequestError(modlab::v1::FIELD_INVALID, fmt::format("unknown method {}", static_cast<int>(asked.method())),
                       field + ".method");
  }
  const auto& partitions = job.result().score().partitions();
  const bool any_method = asked.method() == Partition::METHOD_UNSPECIFIED;
  const int asked_index = asked.index();
  if (asked.has_index() || any_method) {
    const bool is_there = asked_index >= 0 && asked_index < partitions.size();
    if (is_there && (any_method || partitions.Get(asked_index).method() == asked.method())) return asked_index;
    const std::string method = any_method ? "" : " that is " + MethodText(asked.method());
    ThrowNoPartition(job, fmt::format("partition {}{}", asked_index, method), field + ".index");
  }
  std::optional<int> found;
  for (int i = 0; i < partitions.size(); ++i) {
    if (partitions.Get(i).method() != asked.method()) continue;
    if (found) {
      throw RequestError(modlab::v1::FIELD_INVALID,
                         fmt::format("{} has several {} partitions, of which a number must choose: {}", job.name(),
                                     MethodText(asked.method()), ThoseThereAre(job)),
                         field + ".index");
    }
    found = i;
  }
  if (!found) ThrowNoPartition(job, MethodText(asked.method()) + " partition", field + ".method");
  return *found;
}

std::vector<int> ConsensusLabels(const Job& job, int index, const std::string& field) {
  const auto& stability = job.result().score().partitions(index).stability();
  const auto& labels = stability.consensus_labels();
  if (stability.runs() == 0) {
    ThrowNoPartition(job, fmt::format("consensus of partition {}, which was not found again with other seeds", index),
                     field);
  }
  if (labels.empty()) {
    ThrowNoPartition(job, fmt::format("labels of the consensus of partition {}, since its network is too large", index),
                     field);
  }
  return {labels.begin(), labels.end()};
}

std::vector<int> LabelsOf(Jobs& jobs, const Principal& principal, const Job& job, const Partition& partition,
                          const std::string& field) {
  if (!partition.labels().empty()) return {partition.labels().begin(), partition.labels().end()};
  const FileDescriptor file = jobs.OpenArtifact(principal, job.name(), partition.labels_artifact());
  auto labels = ReadLabelsFile(file.get(), job.result().score().graph().units());
  if (!labels) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("the artifact {} of {} does not hold a label for each of its units",
                                   partition.labels_artifact(), job.name()),
                       field);
  }
  return *std::move(labels);
}

ComparedLabels FromJob(Jobs& jobs, const Principal& principal, const ComparedPartition& asked,
                       const std::string& field) {
  const Job job = GetScoredJob(jobs, principal, asked.job(), field + ".job");
  const modlab::v1::ScoreResult& score = job.result().score();
  CheckUnits(score.graph().units(), field + ".job");
  const int index = Choose(job, asked, field);
  const Partition& partition = score.partitions(index);
  ComparedLabels found{asked, {}, score.graph().groups()};
  found.partition.set_index(index);
  found.partition.set_method(partition.method());
  found.labels = asked.consensus() ? ConsensusLabels(job, index, field + ".consensus")
                                   : LabelsOf(jobs, principal, job, partition, field + ".job");
  return found;
}

}  // namespace

ComparedLabels FindLabels(Jobs& jobs, const Principal& principal, const ComparedPartition& asked,
                          const std::string& field) {
  const bool has_labels = !asked.labels().empty();
  if (has_labels && !asked.job().empty()) {
    throw RequestError(modlab::v1::FIELD_INVALID, "give a job or labels, and not both", field);
  }
  if (has_labels) return FromRequest(asked, field);
  if (asked.job().empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "say what to compare: a score job, or a label for each unit", field);
  }
  return FromJob(jobs, principal, asked, field);
}

}  // namespace modlab::server
