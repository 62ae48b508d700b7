#include "server/jobs/quotas.h"

#include <fmt/format.h>

#include "server/jobs/request_error.h"
#include "server/store/blobs_table.h"
#include "server/store/jobs_table.h"
#include "server/store/users_table.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;

/// With every part set.
UserQuota EffectiveQuota(SQLite::Database& connection, const Limits& limits, const std::string& user) {
  const auto stored = FindUser(connection, user);
  UserQuota quota = stored ? stored->quota : UserQuota{};
  if (!quota.running_jobs) quota.running_jobs = limits.user_running_jobs;
  if (!quota.queued_jobs) quota.queued_jobs = limits.user_queued_jobs;
  if (!quota.stored_bytes) quota.stored_bytes = limits.user_stored_bytes;
  return quota;
}

int64_t CountRunning(SQLite::Database& connection, const std::string& user) {
  return CountJobsOf(connection, user, Job::RUNNING) + CountJobsOf(connection, user, Job::CANCELLING);
}

/// Those that wait for others to make what they work on, too.
int CountQueued(SQLite::Database& connection, const std::string& user) {
  return CountJobsOf(connection, user, Job::QUEUED) + CountJobsOf(connection, user, Job::WAITING);
}

}  // namespace

RunningQuota RunningQuotaOf(SQLite::Database& connection, const Limits& limits, const std::string& user) {
  return {CountRunning(connection, user), *EffectiveQuota(connection, limits, user).running_jobs};
}

modlab::v1::Quota QuotaOf(SQLite::Database& connection, const Limits& limits, const std::string& user) {
  const UserQuota quota = EffectiveQuota(connection, limits, user);
  modlab::v1::Quota message;
  if (*quota.running_jobs > 0) message.set_running_jobs(static_cast<int32_t>(*quota.running_jobs));
  if (*quota.queued_jobs > 0) message.set_queued_jobs(static_cast<int32_t>(*quota.queued_jobs));
  if (*quota.stored_bytes > 0) message.set_stored_bytes(static_cast<double>(*quota.stored_bytes));
  message.set_running_jobs_used(static_cast<int32_t>(CountRunning(connection, user)));
  message.set_queued_jobs_used(CountQueued(connection, user));
  message.set_stored_bytes_used(static_cast<double>(StoredBytesOf(connection, user)));
  return message;
}

void CheckQueueHasRoom(SQLite::Database& connection, const Limits& limits, const std::string& what) {
  if (CountJobs(connection, Job::QUEUED) + CountJobs(connection, Job::WAITING) < limits.queued_jobs) return;
  throw RequestError(modlab::v1::LIMIT_EXCEEDED,
                     fmt::format("the queue is full ({} jobs){}: try again later", limits.queued_jobs, what), "",
                     {{"limit", std::to_string(limits.queued_jobs)}});
}

void CheckQueuedQuota(SQLite::Database& connection, const Limits& limits, const std::string& user) {
  const int64_t quota = *EffectiveQuota(connection, limits, user).queued_jobs;
  if (quota == 0 || CountQueued(connection, user) < quota) return;
  throw RequestError(modlab::v1::QUOTA_EXCEEDED,
                     fmt::format("{} jobs of yours are waiting, and a user may have no more: wait until some have "
                                 "started, or cancel some",
                                 quota),
                     "", {{"quota", "queued_jobs"}, {"limit", std::to_string(quota)}});
}

void CheckStoredQuota(SQLite::Database& connection, const Limits& limits, const std::string& user, int64_t more_bytes) {
  const int64_t quota = *EffectiveQuota(connection, limits, user).stored_bytes;
  if (quota == 0) return;
  const int64_t stored = StoredBytesOf(connection, user);
  if (more_bytes <= quota - stored) return;
  const std::string what = more_bytes == 0 ? "" : fmt::format(", and these would be {} more", more_bytes);
  throw RequestError(
      modlab::v1::QUOTA_EXCEEDED,
      fmt::format("{} bytes of yours are stored here{}; a user may have {}: delete models, data sets or jobs that "
                  "you do not need",
                  stored, what, quota),
      "", {{"quota", "stored_bytes"}, {"limit", std::to_string(quota)}});
}

}  // namespace modlab::server
