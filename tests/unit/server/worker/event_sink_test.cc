#include "server/worker/event_sink.h"

#include <gtest/gtest.h>

#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

class EventSinkTest : public testing::Test {
 protected:
  std::vector<internal::WorkerEvent> Events() const {
    std::vector<internal::WorkerEvent> events;
    for (const std::string& payload : ReadEventLog(attempt_.directory().events(), 0, 64 << 20).payloads) {
      EXPECT_TRUE(events.emplace_back().ParseFromString(payload));
    }
    return events;
  }

  TemporaryAttempt attempt_;
  EventSink sink_{attempt_.directory().events()};
};

TEST_F(EventSinkTest, WritesThePhasesFirstReports) {
  sink_.Progress("load", {});
  sink_.Progress("embed", 0.25);
  sink_.Progress("cluster", 7);
  const auto events = Events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].progress().phase(), "load");
  EXPECT_FALSE(events[0].progress().has_fraction());
  EXPECT_EQ(events[1].progress().fraction(), 0.25);
  EXPECT_EQ(events[2].progress().fraction(), 1);
  EXPECT_GT(events[0].unix_micros(), 1'600'000'000'000'000);
  EXPECT_EQ(sink_.phase(), "cluster");
}

TEST_F(EventSinkTest, ManyReportsOfAPhaseAreFewEvents) {
  for (int i = 0; i < 100'000; ++i) sink_.Progress("embed", i / 100'000.0);
  EXPECT_LT(Events().size(), 1000U);
}

TEST_F(EventSinkTest, TimesEachPhaseOnceInOrderOfAppearance) {
  for (const char* phase : {"load", "embed", "cluster", "embed", "cluster"}) sink_.Progress(phase, {});
  const auto timings = sink_.Timings();
  ASSERT_EQ(timings.size(), 3U);
  EXPECT_EQ(timings[0].phase(), "load");
  EXPECT_EQ(timings[1].phase(), "embed");
  EXPECT_EQ(timings[2].phase(), "cluster");
  // A finished phase's time stands, the current one's goes on.
  const auto later = sink_.Timings();
  EXPECT_EQ(later[0].seconds(), timings[0].seconds());
  EXPECT_GT(later[2].seconds(), timings[2].seconds());
}

TEST_F(EventSinkTest, CutsLinesOffAndMendsThem) {
  sink_.Log(v1::LogLine::WARNING, std::string(10'000, 'x'));
  sink_.Log(v1::LogLine::INFO, "layer \xFF");
  const auto events = Events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].log().severity(), v1::LogLine::WARNING);
  EXPECT_EQ(events[0].log().text(), std::string(4096, 'x'));
  EXPECT_EQ(events[1].log().text(), "layer \xEF\xBF\xBD");
}

TEST_F(EventSinkTest, NeverMakesTheLogTooLargeToRead) {
  const std::string line(4096, 'x');
  for (int i = 0; i < 5000; ++i) sink_.Log(v1::LogLine::INFO, line);
  EXPECT_LE(std::filesystem::file_size(attempt_.directory().events()), static_cast<uintmax_t>(kMaxEventLogBytes));
  EXPECT_GT(Events().size(), 3000U);
}

}  // namespace
}  // namespace modlab::server
