#include "server/store/queue_table.h"

#include "modlab/v1/job.pb.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/shares_table.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;

/// Of a row of `jobs`: what it is to be given a copy of has at most that many bytes.
const std::string kInputsFit =
    "coalesce((SELECT sum(size_bytes) FROM job_inputs JOIN blobs USING (sha256) WHERE job = jobs.id), 0) <= ?";

}  // namespace

std::optional<std::string> NextQueuedJob(SQLite::Database& connection, int running_quota, int64_t room) {
  Query owner(connection,
              "SELECT owner, quota, (SELECT count(*) FROM jobs AS running WHERE running.state IN (?, ?) "
              "                      AND running.owner = waiting.owner) AS running "
              "FROM (SELECT DISTINCT jobs.owner AS owner, coalesce(users.running_quota, ?) AS quota FROM jobs "
              "      LEFT JOIN users ON users.name = jobs.owner WHERE jobs.state = ?) AS waiting "
              "LEFT JOIN turns USING (owner) WHERE quota = 0 OR running < quota "
              "ORDER BY running, coalesce(turn, 0), owner",
              Job::RUNNING, Job::CANCELLING, running_quota, Job::QUEUED);
  while (owner.executeStep()) {
    Query job(connection,
              "SELECT id FROM jobs WHERE state = ? AND owner = ? AND " + kInputsFit +
                  " ORDER BY priority DESC, sequence LIMIT 1",
              Job::QUEUED, owner.getColumn(0).getString(), room);
    if (job.executeStep()) return job.getColumn(0).getString();
  }
  return std::nullopt;
}

bool InputsFit(SQLite::Database& connection, const std::string& id, int64_t room) {
  return Query(connection, "SELECT 1 FROM jobs WHERE id = ? AND " + kInputsFit, id, room).executeStep();
}

void TakeTurn(SQLite::Database& connection, const std::string& owner) {
  Query(connection,
        "INSERT INTO turns (owner, turn) VALUES (?, (SELECT coalesce(max(turn), 0) + 1 FROM turns)) "
        "ON CONFLICT (owner) DO UPDATE SET turn = excluded.turn",
        owner)
      .exec();
}

std::vector<QueuedJob> QueueOrder(SQLite::Database& connection) {
  // When a user's n-th waiting job starts, the user has n - 1 jobs running besides those of now; fewer go first.
  Query query(connection,
              "WITH busy AS (SELECT owner, count(*) AS running FROM jobs WHERE state IN (?, ?) GROUP BY owner), "
              "waiting AS (SELECT id, owner, "
              "            row_number() OVER (PARTITION BY owner ORDER BY priority DESC, sequence) AS rank "
              "            FROM jobs WHERE state = ?) "
              "SELECT id, owner FROM waiting LEFT JOIN busy USING (owner) LEFT JOIN turns USING (owner) "
              "ORDER BY rank + coalesce(running, 0), coalesce(turn, 0), owner",
              Job::RUNNING, Job::CANCELLING, Job::QUEUED);
  std::vector<QueuedJob> jobs;
  while (query.executeStep()) jobs.push_back({query.getColumn(0).getString(), query.getColumn(1).getString()});
  return jobs;
}

std::vector<std::string> ReadableUnfinishedJobs(SQLite::Database& connection, const std::string& reader) {
  Query query(connection,
              "SELECT id FROM jobs WHERE " + ReadableCondition("'jobs/' || id") + " AND state IN (" +
                  UnfinishedStates() + ") ORDER BY sequence",
              reader);
  std::vector<std::string> ids;
  while (query.executeStep()) ids.push_back(query.getColumn(0).getString());
  return ids;
}

std::vector<std::string> RunningJobs(SQLite::Database& connection) {
  Query query(connection, "SELECT id FROM jobs WHERE state IN (?, ?) ORDER BY start_time, sequence", Job::RUNNING,
              Job::CANCELLING);
  std::vector<std::string> ids;
  while (query.executeStep()) ids.push_back(query.getColumn(0).getString());
  return ids;
}

}  // namespace modlab::server
