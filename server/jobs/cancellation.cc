#include "server/jobs/cancellation.h"

#include "server/jobs/job_end.h"
#include "server/store/jobs_table.h"

namespace modlab::server {

using modlab::v1::Job;

std::vector<std::string> CancelUnfinished(DataDirectory& data, SQLite::Database& connection, const Limits& limits,
                                          const std::string& id, Job::State state, bool force) {
  std::vector<std::string> changed = {id};
  if (force) SetForceCancel(connection, id);
  if (state == Job::RUNNING) SetJobState(connection, id, Job::CANCELLING);
  if (state == Job::QUEUED || state == Job::WAITING) {
    SetJobState(connection, id, Job::CANCELLED,
                state == Job::QUEUED ? "cancelled while queued" : "cancelled while waiting");
    const auto released = RecordEnd(data, connection, limits, id);
    changed.insert(changed.end(), released.begin(), released.end());
  }
  return changed;
}

}  // namespace modlab::server
