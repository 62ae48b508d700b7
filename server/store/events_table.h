#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"

namespace modlab::server {

// What happened to jobs: the only source of the streams that clients watch. All within a transaction.

/// Gives the event the job's next sequence number (and the present time, where it has none) and stores it.
void AppendEvent(SQLite::Database& connection, const std::string& job, modlab::v1::Event* event);
/// The next events after a sequence number, in order: at most 256, and about `max_bytes` of them.
std::vector<modlab::v1::Event> EventsAfter(SQLite::Database& connection, const std::string& job, int after_sequence,
                                           size_t max_bytes = 256 * 1024);
/// The newest of its progress, if it is among its last events.
std::optional<modlab::v1::Progress> LatestProgress(SQLite::Database& connection, const std::string& job);

}  // namespace modlab::server
