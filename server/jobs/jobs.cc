#include "server/jobs/jobs.h"

#include <fmt/format.h>

#include "server/jobs/cancellation.h"
#include "server/jobs/idempotency.h"
#include "server/jobs/job_draft.h"
#include "server/jobs/paging.h"
#include "server/jobs/request_error.h"
#include "server/jobs/sharing.h"
#include "server/store/artifacts_table.h"
#include "server/store/events_table.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {

using modlab::v1::Job;

Job Jobs::Create(const Principal& principal, const modlab::v1::CreateJobRequest& request) {
  Authorize(principal, Verb::kCreate, {"server", ""});
  const IdempotentRequest idempotent(principal.name, "CreateJob", request.request_id(), request);
  Job created = data_.database().Transact([&](SQLite::Database& connection) {
    if (const auto earlier = idempotent.EarlierResource(connection)) {
      return FindAuthorizedJob(connection, principal, Verb::kRead, *earlier);
    }
    admission_.CheckJobsAreTaken();
    CheckJobIsTaken(connection, principal, limits_);
    JobDraft draft = DraftJob(connection, principal, limits_, request.job());
    if (request.validate_only()) return draft.job;
    InsertDraft(connection, &draft);
    idempotent.Remember(connection, draft.job.name());
    return FindAuthorizedJob(connection, principal, Verb::kRead, draft.job.name());
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
  std::vector<std::string> changed;
  Job job = data_.database().Transact([&](SQLite::Database& connection) {
    const Job found = FindAuthorizedJob(connection, principal, Verb::kChange, request.name());
    if (HasEnded(found.state())) {
      throw RequestError(modlab::v1::JOB_ENDED, fmt::format("{} has already ended", request.name()), "name");
    }
    changed = CancelUnfinished(data_, connection, limits_, IdOf(request.name()), found.state(), request.force());
    return FindAuthorizedJob(connection, principal, Verb::kRead, request.name());
  });
  for (const std::string& id : changed) events_.Notify(id);
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
