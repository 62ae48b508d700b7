#include "server/jobs/clock_watch.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "server/store/settings_table.h"

namespace modlab::server {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kTolerance = 60 * kSecond;
constexpr int64_t kHold = 3600 * kSecond;
constexpr int64_t kLongestAbsence = int64_t{30} * 24 * 3600 * kSecond;
constexpr const char* kLastSeen = "clock_last_seen";
/// Set from a jump until the clock is believed again.
constexpr const char* kJumped = "clock_jumped";

/// Time since the machine's start, time asleep included.
int64_t MicrosSinceBoot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * kSecond + now.tv_nsec / 1000;
}

}  // namespace

ClockWatch::ClockWatch(Database& database)
    : database_(database), difference_(NowMicros() - MicrosSinceBoot()), steady_from_(0) {
  bool jumped = false;
  const auto text = database_.Read([&](SQLite::Database& connection) {
    jumped = FindSetting(connection, kJumped).has_value();
    return FindSetting(connection, kLastSeen);
  });
  const int64_t away = text ? NowMicros() - std::strtoll(text->c_str(), nullptr, 10) : 0;
  if (jumped) {
    spdlog::warn("the clock jumped under an earlier server: nothing is deleted for its age for an hour");
  } else if (away < -kTolerance || away > kLongestAbsence) {
    spdlog::warn("the clock says {} s after it was last seen by a server: nothing is deleted for its age for an hour",
                 away / kSecond);
  } else {
    return;
  }
  steady_from_ = MicrosSinceBoot() + kHold;
}

bool ClockWatch::Steady() { return Steady(NowMicros(), MicrosSinceBoot()); }

bool ClockWatch::Steady(int64_t wall, int64_t since_boot) {
  const int64_t jump = wall - since_boot - difference_;
  if (std::abs(jump) > kTolerance) {
    spdlog::warn("the clock has jumped by {} s: nothing is deleted for its age for an hour", jump / kSecond);
    steady_from_ = since_boot + kHold;
    database_.Transact([](SQLite::Database& connection) { PutSetting(connection, kJumped, ""); });
  }
  difference_ += jump;
  return since_boot >= steady_from_;
}

void ClockWatch::Remember() {
  if (!Steady()) return;
  database_.Transact([](SQLite::Database& connection) {
    PutSetting(connection, kLastSeen, std::to_string(NowMicros()));
    DeleteSetting(connection, kJumped);
  });
}

}  // namespace modlab::server
