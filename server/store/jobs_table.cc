#include "server/store/jobs_table.h"

#include <google/protobuf/util/time_util.h>

#include "server/store/artifacts_table.h"
#include "server/store/attempts_table.h"
#include "server/store/blobs_table.h"
#include "server/store/database.h"
#include "server/store/events_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/shares_table.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::Job;

const std::string kJobColumns =
    "id, owner, sharing, kind, state, priority, spec, create_time, start_time, end_time, last_sequence, error, "
    "sequence FROM jobs";

Job JobFromRow(SQLite::Database& connection, const Query& row) {
  Job job;
  const std::string id = row.getColumn(0).getString();
  job.set_name("jobs/" + id);
  job.set_owner(row.getColumn(1).getString());
  job.set_sharing(static_cast<modlab::v1::Sharing>(row.getColumn(2).getInt()));
  job.set_kind(static_cast<Job::Kind>(row.getColumn(3).getInt()));
  job.set_state(static_cast<Job::State>(row.getColumn(4).getInt()));
  job.set_priority(row.getColumn(5).getInt());
  ParseColumn(row.getColumn(6), job.mutable_spec());
  *job.mutable_create_time() = ToTimestamp(row.getColumn(7).getInt64());
  if (!row.getColumn(8).isNull()) *job.mutable_start_time() = ToTimestamp(row.getColumn(8).getInt64());
  if (!row.getColumn(9).isNull()) *job.mutable_end_time() = ToTimestamp(row.getColumn(9).getInt64());
  job.set_last_sequence(row.getColumn(10).getInt());
  if (!row.getColumn(11).isNull()) ParseColumn(row.getColumn(11), job.mutable_error());
  LoadLabels(connection, job.name(), job.mutable_labels());
  LoadShares(connection, job.name(), job.mutable_shared_with());
  LoadAttempts(connection, id, &job);
  return job;
}

std::string Placeholders(size_t count) {
  std::string list;
  for (size_t i = 0; i < count; ++i) list += i == 0 ? "?" : ", ?";
  return list;
}

void InsertInputs(SQLite::Database& connection, const std::string& id, const std::vector<JobInput>& inputs) {
  for (const JobInput& input : inputs) {
    Query(connection, "INSERT INTO job_inputs (job, file, resource, sha256) VALUES (?, ?, ?, ?)", id, input.file,
          input.resource, input.sha256)
        .exec();
  }
}

}  // namespace

void InsertJob(SQLite::Database& connection, const Job& job, const std::vector<JobInput>& inputs) {
  const std::string id = IdOf(job.name());
  const Job::State state = job.state() == Job::WAITING ? Job::WAITING : Job::QUEUED;
  Query(connection,
        "INSERT INTO jobs (id, owner, sharing, kind, state, priority, spec, create_time) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        id, job.owner(), job.sharing(), job.kind(), state, job.priority(), job.spec(),
        TimeUtil::TimestampToMicroseconds(job.create_time()))
      .exec();
  InsertInputs(connection, id, inputs);
  InsertLabels(connection, job.name(), job.labels());
  SetShares(connection, job.name(), job.shared_with());
  SetJobState(connection, id, state);
}

std::optional<Job> FindJob(SQLite::Database& connection, const std::string& id, bool with_result) {
  Query query(connection, "SELECT " + kJobColumns + " WHERE id = ?", id);
  if (!query.executeStep()) return std::nullopt;
  Job job = JobFromRow(connection, query);
  if (with_result) {
    Query result(connection, "SELECT result FROM jobs WHERE id = ? AND result IS NOT NULL", id);
    if (result.executeStep()) ParseColumn(result.getColumn(0), job.mutable_result());
  }
  return job;
}

std::optional<JobHead> FindJobHead(SQLite::Database& connection, const std::string& id) {
  Query query(connection, "SELECT owner, sharing, state, last_sequence FROM jobs WHERE id = ?", id);
  if (!query.executeStep()) return std::nullopt;
  return JobHead{query.getColumn(0).getString(), static_cast<modlab::v1::Sharing>(query.getColumn(1).getInt()),
                 static_cast<Job::State>(query.getColumn(2).getInt()), query.getColumn(3).getInt()};
}

std::vector<JobInput> InputsOfJob(SQLite::Database& connection, const std::string& id) {
  std::vector<JobInput> inputs;
  Query query(connection, "SELECT file, resource, sha256 FROM job_inputs WHERE job = ? ORDER BY file", id);
  while (query.executeStep()) {
    inputs.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(), query.getColumn(2).getString()});
  }
  return inputs;
}

std::optional<std::string> UnfinishedJobReading(SQLite::Database& connection, const std::string& resource) {
  Query query(connection,
              "SELECT jobs.id FROM jobs JOIN job_inputs ON job_inputs.job = jobs.id "
              "WHERE job_inputs.resource = ? AND jobs.state IN (" +
                  UnfinishedStates() + ") LIMIT 1",
              resource);
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getString();
}

JobList ListJobs(SQLite::Database& connection, const JobFilter& filter, const Page& page) {
  std::string conditions;
  if (!filter.states.empty()) conditions += " AND state IN (" + Placeholders(filter.states.size()) + ")";
  if (!filter.kinds.empty()) conditions += " AND kind IN (" + Placeholders(filter.kinds.size()) + ")";
  const auto bind = [&](Query& query) {
    for (const auto state : filter.states) query.Add(state);
    for (const auto kind : filter.kinds) query.Add(kind);
  };
  JobList list;
  list.last_sequence = ListRows(connection, kJobColumns, "'jobs/' || id", filter, page, conditions, bind,
                                [&](const Query& row) { list.jobs.push_back(JobFromRow(connection, row)); });
  return list;
}

std::vector<JobCount> CountAllJobs(SQLite::Database& connection) {
  std::vector<JobCount> counts;
  Query query(connection, "SELECT kind, state, count(*) FROM jobs GROUP BY kind, state");
  while (query.executeStep()) {
    counts.push_back({static_cast<Job::Kind>(query.getColumn(0).getInt()),
                      static_cast<Job::State>(query.getColumn(1).getInt()), query.getColumn(2).getInt()});
  }
  return counts;
}

int CountJobsOf(SQLite::Database& connection, const std::string& owner, Job::State state) {
  Query query(connection, "SELECT count(*) FROM jobs WHERE state = ? AND owner = ?", state, owner);
  query.executeStep();
  return query.getColumn(0).getInt();
}

std::string UnfinishedStates() {
  return std::to_string(Job::QUEUED) + ", " + std::to_string(Job::RUNNING) + ", " + std::to_string(Job::CANCELLING) +
         ", " + std::to_string(Job::WAITING);
}

int CountJobs(SQLite::Database& connection, Job::State state) {
  Query query(connection, "SELECT count(*) FROM jobs WHERE state = ?", state);
  query.executeStep();
  return query.getColumn(0).getInt();
}

void SetJobState(SQLite::Database& connection, const std::string& id, Job::State state, const std::string& message,
                 int attempt) {
  Query(connection, "UPDATE jobs SET state = ? WHERE id = ?", state, id).exec();
  if (state == Job::RUNNING) Query(connection, "UPDATE jobs SET start_time = ? WHERE id = ?", NowMicros(), id).exec();
  if (HasEnded(state)) Query(connection, "UPDATE jobs SET end_time = ? WHERE id = ?", NowMicros(), id).exec();
  modlab::v1::Event event;
  event.set_attempt(attempt);
  event.mutable_state()->set_state(state);
  event.mutable_state()->set_message(message);
  AppendEvent(connection, id, &event);
}

void SetJobResult(SQLite::Database& connection, const std::string& id, const modlab::v1::JobResult& result) {
  Query(connection, "UPDATE jobs SET result = ? WHERE id = ?", result, id).exec();
}

void SetJobError(SQLite::Database& connection, const std::string& id, const modlab::v1::JobError& error) {
  Query(connection, "UPDATE jobs SET error = ? WHERE id = ?", error, id).exec();
}

void SetJobSpec(SQLite::Database& connection, const std::string& id, const modlab::v1::JobSpec& spec,
                const std::vector<JobInput>& inputs) {
  Query(connection, "UPDATE jobs SET spec = ? WHERE id = ?", spec, id).exec();
  Query(connection, "DELETE FROM job_inputs WHERE job = ?", id).exec();
  InsertInputs(connection, id, inputs);
}

void SetJobSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing) {
  Query(connection, "UPDATE jobs SET sharing = ? WHERE id = ?", sharing, id).exec();
}

void SetForceCancel(SQLite::Database& connection, const std::string& id) {
  Query(connection, "UPDATE jobs SET force_cancel = 1 WHERE id = ?", id).exec();
}

std::map<std::string, bool> Cancellations(SQLite::Database& connection) {
  std::map<std::string, bool> cancellations;
  Query query(connection, "SELECT id, force_cancel FROM jobs WHERE state = ?", Job::CANCELLING);
  while (query.executeStep()) cancellations[query.getColumn(0).getString()] = query.getColumn(1).getInt() != 0;
  return cancellations;
}

std::vector<std::string> DeleteJob(SQLite::Database& connection, const std::string& id) {
  const auto artifacts = ArtifactsOfJob(connection, id);
  Query(connection, "DELETE FROM jobs WHERE id = ?", id).exec();
  DeleteLabels(connection, "jobs/" + id);
  SetShares(connection, "jobs/" + id, {});
  std::vector<std::string> unused;
  for (const auto& artifact : artifacts) {
    if (DeleteBlobIfUnused(connection, artifact.sha256())) unused.push_back(artifact.sha256());
  }
  return unused;
}

std::vector<std::string> JobsEndedBefore(SQLite::Database& connection, int64_t time_micros, int count) {
  std::vector<std::string> ids;
  Query query(connection, "SELECT id FROM jobs WHERE end_time < ? ORDER BY end_time LIMIT ?", time_micros, count);
  while (query.executeStep()) ids.push_back(query.getColumn(0).getString());
  return ids;
}

bool HasEnded(Job::State state) { return state == Job::SUCCEEDED || state == Job::FAILED || state == Job::CANCELLED; }

}  // namespace modlab::server
