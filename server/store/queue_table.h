#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

namespace modlab::server {

// Whose turn it is. Users take turns: next is the one with the fewest running jobs, of these the one who has waited
// longest for a turn; of a user's jobs the one of highest priority, then the oldest. All within a transaction.

/// The job that is to start next. Users who have as many running jobs as they may are passed over; `running_quota` is
/// of those for whom none is set, 0 for no limit. Jobs whose inputs have more than `room` bytes are passed over.
/// O(queued jobs), over an index.
std::optional<std::string> NextQueuedJob(SQLite::Database& connection, int running_quota, int64_t room);

/// Whether a job's inputs have at most `room` bytes.
bool InputsFit(SQLite::Database& connection, const std::string& id, int64_t room);

/// Notes that this user has had a turn.
void TakeTurn(SQLite::Database& connection, const std::string& owner);

struct QueuedJob {
  std::string id;
  std::string owner;
};
/// All queued jobs, in the order in which they would start if none of the running ones ended and no quota stood in the
/// way. O(n log n).
std::vector<QueuedJob> QueueOrder(SQLite::Database& connection);

/// Unfinished jobs that a user may read, the oldest first; an empty name: all.
std::vector<std::string> ReadableUnfinishedJobs(SQLite::Database& connection, const std::string& reader);

/// Running jobs, those that are being cancelled included, the longest running first.
std::vector<std::string> RunningJobs(SQLite::Database& connection);

}  // namespace modlab::server
