#include "server/jobs/scored_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "server/jobs/request_error.h"
#include "server/store/jobs_table.h"

namespace modlab::server {

using modlab::v1::Job;

namespace {
constexpr int kMostJobs = 1000;
}  // namespace

void CheckNumberOfJobs(int jobs) {
  if (jobs <= kMostJobs) return;
  throw RequestError(modlab::v1::LIMIT_EXCEEDED, fmt::format("{} jobs were named: give at most {}", jobs, kMostJobs),
                     "jobs", {{"limit", std::to_string(kMostJobs)}});
}

std::string Lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

Job GetScoredJob(Jobs& jobs, const Principal& principal, const std::string& name, const std::string& field) {
  Job job = jobs.Get(principal, name, field);
  if (job.kind() != Job::SCORE) {
    throw RequestError(
        modlab::v1::FIELD_INVALID,
        fmt::format("{} is of kind {}: only score jobs have partitions", job.name(), Lower(Job::Kind_Name(job.kind()))),
        field);
  }
  if (job.state() == Job::SUCCEEDED) return job;
  std::string why;
  if (!HasEnded(job.state())) {
    why = fmt::format("{} is {} and has no partitions yet: wait for it (`modlab job wait`)", job.name(),
                      Lower(Job::State_Name(job.state())));
  } else if (job.state() == Job::CANCELLED) {
    why = fmt::format("{} was cancelled and has no partitions", job.name());
  } else {
    why = fmt::format("{} failed and has no partitions (`modlab job show` says why)", job.name());
  }
  throw RequestError(modlab::v1::RESULT_MISSING, why, field, {{"state", Job::State_Name(job.state())}});
}

}  // namespace modlab::server
