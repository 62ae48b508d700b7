#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/store/list_rows.h"

namespace modlab::server {

// Jobs. All within a transaction; ids are without their `jobs/`.

/// Content that a job reads.
struct JobInput {
  std::string file;      ///< Its name in the attempt's in/.
  std::string resource;  ///< `models/{id}`, `datasets/{id}`; empty: content that is kept for the job alone.
  std::string sha256;
};

/// `job.name` and `job.owner` must be set; the state is WAITING where that is, else QUEUED, and the first event says
/// so.
void InsertJob(SQLite::Database& connection, const modlab::v1::Job& job, const std::vector<JobInput>& inputs);
/// With its attempts; with its result only where asked for.
std::optional<modlab::v1::Job> FindJob(SQLite::Database& connection, const std::string& id, bool with_result = true);
/// The little of a job that its watchers ask for after every event.
struct JobHead {
  std::string owner;
  modlab::v1::Sharing sharing = modlab::v1::PRIVATE;
  modlab::v1::Job::State state = modlab::v1::Job::STATE_UNSPECIFIED;
  int last_sequence = 0;
};
std::optional<JobHead> FindJobHead(SQLite::Database& connection, const std::string& id);
std::vector<JobInput> InputsOfJob(SQLite::Database& connection, const std::string& id);
/// A job that has not ended and reads this resource, if there is one.
std::optional<std::string> UnfinishedJobReading(SQLite::Database& connection, const std::string& resource);

struct JobFilter : RowFilter {
  std::vector<modlab::v1::Job::State> states;  ///< Empty for all.
  std::vector<modlab::v1::Job::Kind> kinds;    ///< Empty for all.
};
struct JobList {
  std::vector<modlab::v1::Job> jobs;     ///< Without `result`.
  std::optional<int64_t> last_sequence;  ///< Set where there are more.
};
JobList ListJobs(SQLite::Database& connection, const JobFilter& filter, const Page& page);

struct JobCount {
  modlab::v1::Job::Kind kind = modlab::v1::Job::KIND_UNSPECIFIED;
  modlab::v1::Job::State state = modlab::v1::Job::STATE_UNSPECIFIED;
  int count = 0;
};
/// O(jobs).
std::vector<JobCount> CountAllJobs(SQLite::Database& connection);

/// How many jobs a user has in a state.
int CountJobsOf(SQLite::Database& connection, const std::string& owner, modlab::v1::Job::State state);

int CountJobs(SQLite::Database& connection, modlab::v1::Job::State state);

/// The states of jobs that have not ended, for an SQL list: `1, 2, ...`.
std::string UnfinishedStates();

/// Sets the state, the time that goes with it, and appends the event that says so, all in one.
void SetJobState(SQLite::Database& connection, const std::string& id, modlab::v1::Job::State state,
                 const std::string& message = "", int attempt = 0);
/// Within the same transaction as SetJobState to SUCCEEDED or FAILED.
void SetJobResult(SQLite::Database& connection, const std::string& id, const modlab::v1::JobResult& result);
void SetJobError(SQLite::Database& connection, const std::string& id, const modlab::v1::JobError& error);

/// What a job turns out to be told that was WAITING, and what it reads.
void SetJobSpec(SQLite::Database& connection, const std::string& id, const modlab::v1::JobSpec& spec,
                const std::vector<JobInput>& inputs);

void SetJobSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing);
/// Notes that a cancellation was asked for that does not wait.
void SetForceCancel(SQLite::Database& connection, const std::string& id);
/// The jobs that are CANCELLING, and whether each was asked to end at once.
std::map<std::string, bool> Cancellations(SQLite::Database& connection);

/// With everything that belongs to it; blobs that nothing refers to any more are returned for BlobStore::Remove.
std::vector<std::string> DeleteJob(SQLite::Database& connection, const std::string& id);

/// Jobs that ended before this time (microseconds since 1970), oldest first, at most `count`.
std::vector<std::string> JobsEndedBefore(SQLite::Database& connection, int64_t time_micros, int count);

/// Whether a job in this state has ended for good.
bool HasEnded(modlab::v1::Job::State state);

}  // namespace modlab::server
