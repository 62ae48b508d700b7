#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

#include "modlab/v1/server.pb.h"
#include "server/jobs/limits.h"

namespace modlab::server {

// What one user may have at a time: what is set for them, else what the server gives everybody. All within a
// transaction.

/// What a user may have and has.
modlab::v1::Quota QuotaOf(SQLite::Database& connection, const Limits& limits, const std::string& user);

/// How many jobs of a user run, and how many may; 0: as many as there are workers.
struct RunningQuota {
  int64_t running = 0;
  int64_t quota = 0;
  bool reached() const { return quota > 0 && running >= quota; }
};
RunningQuota RunningQuotaOf(SQLite::Database& connection, const Limits& limits, const std::string& user);

/// Throw RequestError QUOTA_EXCEEDED where one queued job more, or so many stored bytes more, are too much.
void CheckQueuedQuota(SQLite::Database& connection, const Limits& limits, const std::string& user);
void CheckStoredQuota(SQLite::Database& connection, const Limits& limits, const std::string& user,
                      int64_t more_bytes = 0);

/// Throws RequestError LIMIT_EXCEEDED where the server's queue has no room for another job. `what` says what the job is
/// for (`, and a model is inspected by a job`), and may be empty.
void CheckQueueHasRoom(SQLite::Database& connection, const Limits& limits, const std::string& what = "");

}  // namespace modlab::server
