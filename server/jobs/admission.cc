#include "server/jobs/admission.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/statvfs.h>

#include "server/jobs/request_error.h"
#include "server/jobs/result_check.h"
#include "server/store/settings_table.h"

namespace modlab::server {
namespace {

constexpr const char* kDraining = "draining";
constexpr size_t kLongestReason = 200;

}  // namespace

Admission::Admission(DataDirectory& data, const Limits& limits, std::string sandbox_refusal)
    : data_(data), limits_(limits), sandbox_refusal_(std::move(sandbox_refusal)) {
  const auto message =
      data_.database().Transact([](SQLite::Database& connection) { return FindSetting(connection, kDraining); });
  draining_ = message.has_value();
  drain_message_ = message.value_or("");
  LookAtDisk();
}

void Admission::LookAtDisk() {
  struct statvfs disk {};
  if (::statvfs(data_.root().c_str(), &disk) != 0) return;  // What is wrong will show where something is written.
  free_bytes_ = static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
  // A little more is needed to go on than to go on working, so that it does not change every second.
  const int64_t enough = limits_.min_free_bytes + (disk_full_ ? limits_.min_free_bytes / 8 : 0);
  const bool full = free_bytes_ < enough;
  if (full != disk_full_.exchange(full)) {
    if (full) {
      spdlog::error("{}: nothing new is taken or started", DiskIsFull());
    } else {
      spdlog::info("there is room on the disk again: going on");
    }
  }
}

void Admission::CheckJobsAreTaken() const {
  if (!sandbox_refusal_.empty()) throw RequestError(modlab::v1::SANDBOX_INSUFFICIENT, sandbox_refusal_);
  CheckContentIsTaken(0);
}

void Admission::CheckContentIsTaken(int64_t bytes) const {
  if (disk_full_) {
    throw RequestError(modlab::v1::STORAGE_FULL,
                       DiskIsFull() + ": try again later, or ask the server's operator to make room");
  }
  if (bytes > free_bytes_ - limits_.min_free_bytes) {
    throw RequestError(modlab::v1::STORAGE_FULL,
                       fmt::format("{} bytes do not fit on the server's disk, which has {} MiB free: ask the server's "
                                   "operator to make room",
                                   bytes, free_bytes_ >> 20));
  }
}

std::string Admission::Paused() const {
  if (!sandbox_refusal_.empty()) return sandbox_refusal_;
  if (draining_) {
    const std::lock_guard lock(mutex_);
    return drain_message_.empty() ? "the server is drained" : "the server is drained: " + drain_message_;
  }
  return disk_full_ ? DiskIsFull() : "";
}

int64_t Admission::room() const { return free_bytes_ - limits_.min_free_bytes; }

void Admission::SetStartProblem(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  start_problem_ = problem;
}

std::string Admission::StartProblem() const {
  const std::lock_guard lock(mutex_);
  return start_problem_;
}

std::string Admission::DiskIsFull() const {
  return fmt::format("the server's disk is nearly full ({} MiB free, {} MiB must be)", free_bytes_ >> 20,
                     limits_.min_free_bytes >> 20);
}

void Admission::Drain(const std::string& message) {
  if (message.size() > kLongestReason) {
    throw RequestError(modlab::v1::FIELD_INVALID, fmt::format("a message has at most {} characters", kLongestReason),
                       "message");
  }
  const std::string clean = SanitizeText(message, kLongestReason);
  data_.database().Transact([&](SQLite::Database& connection) { PutSetting(connection, kDraining, clean); });
  const std::lock_guard lock(mutex_);
  drain_message_ = clean;
  draining_ = true;
}

void Admission::Undrain() {
  data_.database().Transact([](SQLite::Database& connection) { DeleteSetting(connection, kDraining); });
  draining_ = false;
}

}  // namespace modlab::server
