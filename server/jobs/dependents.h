#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/limits.h"

namespace modlab::server {

/// What becomes of the WAITING jobs that need one which has just ended: they have what it made and wait for its
/// inspection; or are QUEUED, with all defaults filled in; or are FAILED, since it was not made, or is not what they
/// can work on. Within the transaction that ends the job. Returns the ids of those that have changed: all, and of those
/// FAILED which `ended` must be told, as they have jobs that wait for them in turn.
struct ChangedJobs {
  std::vector<std::string> all;
  std::vector<std::string> ended;
};
ChangedJobs ReleaseDependents(SQLite::Database& connection, const Limits& limits, const modlab::v1::Job& ended);

}  // namespace modlab::server
