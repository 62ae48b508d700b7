#include "server/jobs/jobs.h"

#include <fmt/format.h>

#include "server/jobs/datasets.h"
#include "server/jobs/idempotency.h"
#include "server/jobs/job_end.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/models.h"
#include "server/jobs/paging.h"
#include "server/jobs/quotas.h"
#include "server/jobs/request_error.h"
#include "server/jobs/sharing.h"
#include "server/store/artifacts_table.h"
#include "server/store/events_table.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;

constexpr int kLargestPriority = 100;

Job FindAuthorizedJob(SQLite::Database& connection, const Principal& principal, Verb verb, const std::string& name,
                      bool with_result = true, const std::string& field = "name") {
  const auto id = ParseName(name, "jobs");
  auto job = id ? FindJob(connection, *id, with_result) : std::nullopt;
  if (!job) ThrowNotFound(name, field);
  Authorize(principal, verb, {name, job->owner(), job->sharing(), job->shared_with(), field});
  return *job;
}

void CheckJobFields(const Job& job) {
  CheckLabels(job.labels(), "job.labels");
  if (job.priority() < -kLargestPriority || job.priority() > kLargestPriority) {
    throw RequestError(
        modlab::v1::FIELD_INVALID,
        fmt::format("{} is not a priority: give -{} to {}", job.priority(), kLargestPriority, kLargestPriority),
        "job.priority");
  }
}

}  // namespace

Job Jobs::Create(const Principal& principal, const modlab::v1::CreateJobRequest& request) {
  Authorize(principal, Verb::kCreate, {"server", ""});
  CheckJobFields(request.job());
  const IdempotentRequest idempotent(principal.name, "CreateJob", request.request_id(), request);
  Job created = data_.database().Transact([&](SQLite::Database& connection) {
    if (const auto earlier = idempotent.EarlierResource(connection)) {
      return FindAuthorizedJob(connection, principal, Verb::kRead, *earlier);
    }
    admission_.CheckJobsAreTaken();
    CheckQueueHasRoom(connection, limits_);
    CheckQueuedQuota(connection, limits_, principal.name);
    CheckStoredQuota(connection, limits_, principal.name);
    Job job;
    *job.mutable_labels() = request.job().labels();
    job.set_priority(request.job().priority());
    job.set_owner(principal.name);
    job.set_sharing(CheckSharing(connection, request.job().sharing(), request.job().shared_with(), "job."));
    *job.mutable_shared_with() = request.job().shared_with();
    *job.mutable_spec() = request.job().spec();
    const ModelLookup lookup = [&](const std::string& name, const std::string& field) {
      return FindAuthorizedModel(connection, principal, Verb::kRead, name, field);
    };
    const DatasetLookup find_dataset = [&](const std::string& name, const std::string& field) {
      return FindAuthorizedDataset(connection, principal, Verb::kRead, name, field);
    };
    const std::vector<JobInput> inputs = ResolveSpec(limits_, lookup, find_dataset, job.mutable_spec());
    job.set_kind(KindOf(job.spec()));
    job.set_state(Job::QUEUED);
    if (request.validate_only()) return job;
    job.set_name("jobs/" + NewId());
    *job.mutable_create_time() = ToTimestamp(NowMicros());
    InsertJob(connection, job, inputs);
    idempotent.Remember(connection, job.name());
    return FindAuthorizedJob(connection, principal, Verb::kRead, job.name());
  });
  wake_();
  if (!request.validate_only()) queue_.Describe(&created);
  return created;
}

Job Jobs::Get(const Principal& principal, const std::string& name, const std::string& field) {
  Job job = data_.database().Read([&](SQLite::Database& connection) {
    return FindAuthorizedJob(connection, principal, Verb::kRead, name, true, field);
  });
  queue_.Describe(&job);
  return job;
}

modlab::v1::ListJobsResponse Jobs::List(const Principal& principal, const modlab::v1::ListJobsRequest& request) {
  const std::string filter_text = FilterOf(request);
  const Page page = RequirePage(request.page_size(), request.page_token(), filter_text);
  JobFilter filter;
  filter.reader = ReaderOf(principal);
  for (const int state : request.states()) filter.states.push_back(static_cast<Job::State>(state));
  for (const int kind : request.kinds()) filter.kinds.push_back(static_cast<Job::Kind>(kind));
  filter.labels = request.labels();
  const JobList list =
      data_.database().Read([&](SQLite::Database& connection) { return ListJobs(connection, filter, page); });
  modlab::v1::ListJobsResponse response;
  for (const Job& job : list.jobs) {
    *response.add_jobs() = job;
    queue_.Describe(response.mutable_jobs(response.jobs_size() - 1));
  }
  if (list.last_sequence) response.set_next_page_token(MakePageToken(*list.last_sequence, filter_text));
  return response;
}

Job Jobs::Cancel(const Principal& principal, const modlab::v1::CancelJobRequest& request) {
  Job job = data_.database().Transact([&](SQLite::Database& connection) {
    const Job found = FindAuthorizedJob(connection, principal, Verb::kChange, request.name());
    const std::string id = IdOf(request.name());
    if (HasEnded(found.state())) {
      throw RequestError(modlab::v1::JOB_ENDED, fmt::format("{} has already ended", request.name()), "name");
    }
    if (request.force()) SetForceCancel(connection, id);
    if (found.state() == Job::QUEUED) {
      SetJobState(connection, id, Job::CANCELLED, "cancelled while queued");
      RecordEnd(data_, connection, id);
    } else if (found.state() == Job::RUNNING) {
      SetJobState(connection, id, Job::CANCELLING);
    }
    return FindAuthorizedJob(connection, principal, Verb::kRead, request.name());
  });
  events_.Notify(IdOf(request.name()));
  wake_();
  return job;
}

Job Jobs::Share(const Principal& principal, const modlab::v1::ShareRequest& request) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    FindAuthorizedJob(connection, principal, Verb::kChange, request.name(), false);
    const auto sharing = CheckSharing(connection, request.sharing(), request.shared_with(), "");
    SetJobSharing(connection, IdOf(request.name()), sharing);
    SetShares(connection, request.name(), request.shared_with());
    return FindAuthorizedJob(connection, principal, Verb::kRead, request.name());
  });
}

void Jobs::Delete(const Principal& principal, const std::string& name) {
  data_.database().Transact([&](SQLite::Database& connection) {
    const Job job = FindAuthorizedJob(connection, principal, Verb::kDelete, name, false);
    if (!HasEnded(job.state())) {
      throw RequestError(modlab::v1::RESOURCE_IN_USE,
                         fmt::format("{} has not ended: cancel it first (`modlab job cancel`)", name), "name");
    }
    const auto unused = DeleteJob(connection, IdOf(name));
    data_.database().AfterCommit([this, unused] {
      for (const std::string& sha256 : unused) data_.blobs().Remove(sha256);
    });
  });
  events_.Notify(IdOf(name));
}

Jobs::Look Jobs::Watch(const Principal& principal, const std::string& name, int after_sequence) {
  return data_.database().Read([&](SQLite::Database& connection) {
    const auto id = ParseName(name, "jobs");
    const auto head = id ? FindJobHead(connection, *id) : std::nullopt;
    if (!head) ThrowNotFound(name);
    Resource resource = {name, head->owner, head->sharing};
    if (principal.name != head->owner) LoadShares(connection, name, &resource.shared_with);
    Authorize(principal, Verb::kRead, resource);
    return Look{head->state, head->last_sequence, EventsAfter(connection, *id, after_sequence)};
  });
}

modlab::v1::ListArtifactsResponse Jobs::ListArtifacts(const Principal& principal,
                                                      const modlab::v1::ListArtifactsRequest& request) {
  const auto artifacts = data_.database().Read([&](SQLite::Database& connection) {
    FindAuthorizedJob(connection, principal, Verb::kRead, request.job(), false, "job");
    return ArtifactsOfJob(connection, IdOf(request.job()));
  });
  const Page page = RequirePage(request.page_size(), request.page_token(), request.job());
  const Slice slice = SliceOf(page, artifacts.size(), request.job());
  modlab::v1::ListArtifactsResponse response;
  for (int64_t i = slice.first; i < slice.last; ++i) *response.add_artifacts() = artifacts.at(static_cast<size_t>(i));
  response.set_next_page_token(slice.next_page_token);
  return response;
}

FileDescriptor Jobs::OpenArtifact(const Principal& principal, const std::string& job, const std::string& artifact) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    FindAuthorizedJob(connection, principal, Verb::kRead, job, false, "job");
    for (const auto& found : ArtifactsOfJob(connection, IdOf(job))) {
      if (found.name() == artifact) return data_.blobs().Open(found.sha256());
    }
    ThrowNotFound(job + "/artifacts/" + artifact, "artifact");
  });
}

}  // namespace modlab::server
