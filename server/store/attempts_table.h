#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"

namespace modlab::server {

// Attempts at jobs. All within a transaction.

/// An attempt that has not ended.
struct OpenAttempt {
  std::string job;  ///< The job's id.
  int number = 0;
  std::string process;  ///< The executor's name for it.
  int64_t event_offset = 0;
};

/// Starts the job's next attempt in the books, and returns its number.
int InsertAttempt(SQLite::Database& connection, const std::string& job, const std::string& process);
std::vector<OpenAttempt> OpenAttempts(SQLite::Database& connection);
void SetEventOffset(SQLite::Database& connection, const std::string& job, int number, int64_t offset);
/// `lost`: whether it counts against the number of attempts that a job has.
void EndAttempt(SQLite::Database& connection, const std::string& job, int number, const modlab::v1::Attempt& attempt,
                bool lost);
int CountLostAttempts(SQLite::Database& connection, const std::string& job);
/// Fills `job->attempts`.
void LoadAttempts(SQLite::Database& connection, const std::string& id, modlab::v1::Job* job);

}  // namespace modlab::server
