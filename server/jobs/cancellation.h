#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// Asks a job that has not ended to end: at once where it has no process yet, else it is CANCELLING. `force`: without
/// asking the process first. Within a transaction. Returns the ids of the jobs that have changed, this one included.
std::vector<std::string> CancelUnfinished(DataDirectory& data, SQLite::Database& connection, const Limits& limits,
                                          const std::string& id, modlab::v1::Job::State state, bool force);

}  // namespace modlab::server
