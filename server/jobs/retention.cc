#include "server/jobs/retention.h"

#include <spdlog/spdlog.h>

#include "server/store/experiments_table.h"
#include "server/store/jobs_table.h"
#include "server/store/requests_table.h"

namespace modlab::server {
namespace {

constexpr int64_t kRequestLifeMicros = int64_t{30} * 24 * 3600 * 1'000'000;
constexpr auto kLongLook = std::chrono::minutes(10);
constexpr int kJobsAtOnce = 100;

}  // namespace

void Retention::Run() {
  if (!clock_.Steady()) return;
  uploads_.RemoveExpired();
  if (limits_.retention_micros > 0) DeleteOldJobs();
  const auto now = std::chrono::steady_clock::now();
  if (now < next_long_look_) return;
  next_long_look_ = now + kLongLook;
  clock_.Remember();
  ForgetOldRequests();
}

void Retention::DeleteOldJobs() {
  const auto deleted = data_.database().Transact([&](SQLite::Database& connection) {
    auto old = JobsEndedBefore(connection, NowMicros() - limits_.retention_micros, kJobsAtOnce);
    for (const std::string& id : old) {
      const auto unused = DeleteJob(connection, id);
      data_.database().AfterCommit([this, unused] {
        for (const std::string& sha256 : unused) data_.blobs().Remove(sha256);
      });
    }
    if (!old.empty()) DeleteEmptyExperiments(connection);
    return old;
  });
  for (const std::string& id : deleted) events_.Notify(id);
  if (!deleted.empty()) spdlog::info("deleted {} jobs that ended longer ago than --retention", deleted.size());
}

void Retention::ForgetOldRequests() {
  data_.database().Transact(
      [](SQLite::Database& connection) { DeleteRequestsBefore(connection, NowMicros() - kRequestLifeMicros); });
}

}  // namespace modlab::server
