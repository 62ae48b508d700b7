#include "server/jobs/adjust_p_values.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <vector>

#include "server/comparison/adjustment.h"
#include "server/comparison/tested_modularity.h"
#include "server/jobs/request_error.h"
#include "server/jobs/scored_job.h"

namespace modlab::server {
namespace {

using modlab::v1::AdjustedPartition;
using modlab::v1::AdjustPValuesRequest;
using modlab::v1::AdjustPValuesResponse;
using modlab::v1::Job;
using modlab::v1::NullTest;
using modlab::v1::Partition;

void CheckJobs(const AdjustPValuesRequest& request) {
  if (request.jobs().empty()) {
    throw RequestError(modlab::v1::FIELD_MISSING, "say which score jobs' p-values are to be adjusted", "jobs");
  }
  CheckNumberOfJobs(request.jobs_size());
}

void AddPartition(const Job& job, int index, AdjustPValuesResponse* response) {
  const Partition& partition = job.result().score().partitions(index);
  AdjustedPartition& added = *response->add_partitions();
  added.set_job(job.name());
  added.set_model(job.spec().score().model());
  added.set_index(index);
  added.set_method(partition.method());
  added.set_clusters(partition.clusters());
  added.set_objective(partition.objective());
  added.set_modularity(TestedModularity(partition));
  added.set_ncut(partition.ncut());
  added.set_null_model(partition.significance().null_model());
  added.set_samples(partition.significance().samples());
  *added.mutable_modularity_test() = partition.significance().modularity();
  *added.mutable_ncut_test() = partition.significance().ncut();
  added.mutable_modularity_test()->clear_values();
  added.mutable_ncut_test()->clear_values();
}

void AddJob(const Job& job, const std::string& field, AdjustPValuesResponse* response) {
  const int before = response->partitions_size();
  for (int i = 0; i < job.result().score().partitions_size(); ++i) {
    if (job.result().score().partitions(i).has_significance()) AddPartition(job, i, response);
  }
  if (response->partitions_size() == before) {
    throw RequestError(modlab::v1::FIELD_INVALID,
                       fmt::format("{} was not compared with null models, so it has no p-values", job.name()), field);
  }
}

}  // namespace

AdjustPValuesResponse AdjustAsAsked(Jobs& jobs, const Principal& principal, const AdjustPValuesRequest& request) {
  Authorize(principal, Verb::kRead, {"server", ""});
  CheckJobs(request);
  AdjustPValuesResponse response;
  std::set<std::string> seen;
  for (int i = 0; i < request.jobs_size(); ++i) {
    const std::string field = fmt::format("jobs[{}]", i);
    const Job job = GetScoredJob(jobs, principal, request.jobs(i), field);
    if (!seen.insert(job.name()).second) {
      throw RequestError(modlab::v1::FIELD_INVALID,
                         fmt::format("{} is named twice, but its tests count once", job.name()), field);
    }
    AddJob(job, field, &response);
  }
  std::vector<NullTest*> tests;
  for (AdjustedPartition& partition : *response.mutable_partitions()) {
    tests.push_back(partition.mutable_modularity_test());
    tests.push_back(partition.mutable_ncut_test());
  }
  AdjustForTheirNumber(tests);
  response.set_tests(static_cast<int>(tests.size()));
  return response;
}

}  // namespace modlab::server
