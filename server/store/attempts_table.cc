#include "server/store/attempts_table.h"

#include <google/protobuf/util/time_util.h>

#include "server/store/database.h"
#include "server/store/query.h"

namespace modlab::server {

using google::protobuf::util::TimeUtil;

int InsertAttempt(SQLite::Database& connection, const std::string& job, const std::string& process) {
  Query last(connection, "SELECT coalesce(max(number), 0) FROM attempts WHERE job = ?", job);
  last.executeStep();
  const int number = last.getColumn(0).getInt() + 1;
  Query(connection, "INSERT INTO attempts (job, number, process, start_time) VALUES (?, ?, ?, ?)", job, number, process,
        NowMicros())
      .exec();
  return number;
}

std::vector<OpenAttempt> OpenAttempts(SQLite::Database& connection) {
  std::vector<OpenAttempt> attempts;
  Query query(connection, "SELECT job, number, process, event_offset FROM attempts WHERE end_time IS NULL");
  while (query.executeStep()) {
    attempts.push_back({query.getColumn(0).getString(), query.getColumn(1).getInt(), query.getColumn(2).getString(),
                        query.getColumn(3).getInt64()});
  }
  return attempts;
}

void SetEventOffset(SQLite::Database& connection, const std::string& job, int number, int64_t offset) {
  Query(connection, "UPDATE attempts SET event_offset = ? WHERE job = ? AND number = ?", offset, job, number).exec();
}

void EndAttempt(SQLite::Database& connection, const std::string& job, int number, const modlab::v1::Attempt& attempt,
                bool lost) {
  Query(connection,
        "UPDATE attempts SET end_time = ?, outcome = ?, lost = ?, peak_memory_bytes = ?, wall_milliseconds = ?, "
        "sandbox = ? WHERE job = ? AND number = ?",
        NowMicros(), attempt.outcome(), lost, static_cast<int64_t>(attempt.peak_memory_bytes()),
        TimeUtil::DurationToMilliseconds(attempt.wall_time()), attempt.sandbox(), job, number)
      .exec();
}

int CountLostAttempts(SQLite::Database& connection, const std::string& job) {
  Query query(connection, "SELECT count(*) FROM attempts WHERE job = ? AND lost", job);
  query.executeStep();
  return query.getColumn(0).getInt();
}

void LoadAttempts(SQLite::Database& connection, const std::string& id, modlab::v1::Job* job) {
  Query query(connection,
              "SELECT number, start_time, end_time, outcome, peak_memory_bytes, wall_milliseconds, sandbox "
              "FROM attempts WHERE job = ? ORDER BY number",
              id);
  while (query.executeStep()) {
    auto* attempt = job->add_attempts();
    attempt->set_number(query.getColumn(0).getInt());
    *attempt->mutable_start_time() = ToTimestamp(query.getColumn(1).getInt64());
    if (query.getColumn(2).isNull()) continue;
    *attempt->mutable_end_time() = ToTimestamp(query.getColumn(2).getInt64());
    attempt->set_outcome(query.getColumn(3).getString());
    attempt->set_peak_memory_bytes(static_cast<double>(query.getColumn(4).getInt64()));
    *attempt->mutable_wall_time() = TimeUtil::MillisecondsToDuration(query.getColumn(5).getInt64());
    attempt->set_sandbox(query.getColumn(6).getString());
  }
}

}  // namespace modlab::server
