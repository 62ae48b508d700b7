#include "server/jobs/retention.h"

#include <gtest/gtest.h>

#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/settings_table.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {

class ClockWatchTest : public testing::Test {
 protected:
  static constexpr int64_t kSecond = 1'000'000;
  static constexpr int64_t kHour = 3600 * kSecond;

  /// As if the clocks said this much more than when `watch` was made.
  static bool Steady(ClockWatch& watch, int64_t wall, int64_t boot) {
    const int64_t base = int64_t{1} << 40;
    return watch.Steady(base + watch_difference_ + wall, base + boot);
  }
  void Start(ClockWatch& watch) { watch_difference_ = watch.difference_; }
  static void LetAnHourPass(ClockWatch& watch) { watch.steady_from_ = 0; }
  void LastSeen(int64_t micros) {
    database_.Transact(
        [&](SQLite::Database& connection) { PutSetting(connection, "clock_last_seen", std::to_string(micros)); });
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
  static inline int64_t watch_difference_ = 0;
};

namespace {

using modlab::v1::Job;

TEST_F(ClockWatchTest, IsSteadyFromTheStartWhereNothingIsWrong) {
  ClockWatch watch(database_);
  EXPECT_TRUE(watch.Steady());
  watch.Remember();
  ClockWatch next(database_);
  EXPECT_TRUE(next.Steady());
}

TEST_F(ClockWatchTest, DistrustsTheClockForAnHourAfterAJumpEitherWay) {
  for (const int64_t jump : {int64_t{5} * 365 * 24 * kHour, -kHour}) {
    ClockWatch watch(database_);
    Start(watch);
    EXPECT_TRUE(Steady(watch, kSecond, kSecond));
    EXPECT_FALSE(Steady(watch, jump + 2 * kSecond, 2 * kSecond));
    EXPECT_FALSE(Steady(watch, jump + kHour, kHour));
    EXPECT_TRUE(Steady(watch, jump + kHour + 3 * kSecond, kHour + 3 * kSecond));
  }
}

TEST_F(ClockWatchTest, DistrustsTheClockStillWhereAServerStartsAgainSoonAfterAJump) {
  {
    ClockWatch watch(database_);
    watch.Remember();
    Start(watch);
    EXPECT_FALSE(Steady(watch, 24 * kHour, kSecond));
    watch.Remember();
  }
  EXPECT_FALSE(ClockWatch(database_).Steady());
  EXPECT_FALSE(ClockWatch(database_).Steady());
  ClockWatch later(database_);
  LetAnHourPass(later);
  later.Remember();
  EXPECT_TRUE(ClockWatch(database_).Steady());
}

TEST_F(ClockWatchTest, ASmallCorrectionIsNoJump) {
  ClockWatch watch(database_);
  Start(watch);
  EXPECT_TRUE(Steady(watch, 31 * kSecond, kSecond));
}

TEST_F(ClockWatchTest, DistrustsAClockThatWentBackOrFarAheadWhileNobodyLooked) {
  LastSeen(NowMicros() + kHour);
  EXPECT_FALSE(ClockWatch(database_).Steady());
  LastSeen(NowMicros() - 40 * 24 * kHour);
  EXPECT_FALSE(ClockWatch(database_).Steady());
  LastSeen(NowMicros() - 20 * 24 * kHour);
  EXPECT_TRUE(ClockWatch(database_).Steady());
}

TEST(Retention, DeletesJobsThatEndedLongAgoAndNoOthers) {
  const TemporaryDirectory directory;
  DataDirectory data(directory.path() / "data");
  Limits limits;
  JobEvents events;
  const Admission admission(data, limits, "");
  Uploads uploads(data, limits, admission);
  const auto add = [&](int64_t ended_micros_ago) {
    return data.database().Transact([&](SQLite::Database& connection) {
      Job job;
      job.set_name("jobs/" + NewId());
      job.set_owner("ada");
      job.mutable_spec();
      *job.mutable_create_time() = ToTimestamp(NowMicros());
      InsertJob(connection, job, {});
      if (ended_micros_ago >= 0) {
        SetJobState(connection, IdOf(job.name()), Job::CANCELLED);
        Query(connection, "UPDATE jobs SET end_time = ? WHERE id = ?", NowMicros() - ended_micros_ago, IdOf(job.name()))
            .exec();
      }
      return IdOf(job.name());
    });
  };
  const auto is_there = [&](const std::string& id) {
    return data.database().Transact([&](SQLite::Database& connection) { return FindJob(connection, id).has_value(); });
  };
  const std::string old = add(2'000'000'000);
  const std::string recent = add(0);
  const std::string waiting = add(-1);
  Retention(data, limits, uploads, events).Run();
  EXPECT_TRUE(is_there(old)) << "kept for ever unless the operator says otherwise";
  limits.retention_micros = 1'000'000'000;
  Retention(data, limits, uploads, events).Run();
  EXPECT_FALSE(is_there(old));
  EXPECT_TRUE(is_there(recent));
  EXPECT_TRUE(is_there(waiting));
}

}  // namespace
}  // namespace modlab::server
