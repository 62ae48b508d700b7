#include "server/executor/attempt_directory.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

TEST(AttemptLimits, ComeBackAsWritten) {
  const TemporaryAttempt attempt;
  WriteLimits(attempt.directory(), {.memory_bytes = std::numeric_limits<int64_t>::max(),
                                    .wall_milliseconds = 1,
                                    .grace_milliseconds = 0,
                                    .log_bytes = 77,
                                    .disk_bytes = 78,
                                    .files = 79,
                                    .threads = 80,
                                    .cpus = 81,
                                    .uid = 60578});
  const auto limits = ReadLimits(attempt.directory());
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->memory_bytes, std::numeric_limits<int64_t>::max());
  EXPECT_EQ(limits->wall_milliseconds, 1);
  EXPECT_EQ(limits->grace_milliseconds, 0);
  EXPECT_EQ(limits->log_bytes, 77);
  EXPECT_EQ(limits->disk_bytes, 78);
  EXPECT_EQ(limits->files, 79);
  EXPECT_EQ(limits->threads, 80);
  EXPECT_EQ(limits->cpus, 81);
  EXPECT_EQ(limits->uid, 60578);
}

TEST(AttemptLimits, AnEarlierVersionsAreRead) {
  const TemporaryAttempt attempt;
  WriteText(attempt.directory().limits(),
            "memory-bytes 1\nwall-milliseconds 2\ngrace-milliseconds 3\nlog-bytes 4\ndisk-bytes 5\nfiles 6\n"
            "threads 7\nuid 60578\n");
  const auto limits = ReadLimits(attempt.directory());
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->uid, 60578);
  EXPECT_EQ(limits->cpus, 0);
}

TEST(AttemptLimits, AbsentFileIsNotAnError) {
  const TemporaryAttempt attempt;
  EXPECT_FALSE(ReadLimits(attempt.directory()));
  EXPECT_FALSE(ReadEnd(attempt.directory()));
}

TEST(AttemptLimits, NonsenseIsRefused) {
  const TemporaryAttempt attempt;
  for (const char* text :
       {"", "memory-bytes 1\n", "memory-bytes\n",
        "memory-bytes 99999999999999999999\nwall-milliseconds 1\ngrace-milliseconds 1\nlog-bytes 1\n",
        "memory-bytes 1x\nwall-milliseconds 1\ngrace-milliseconds 1\nlog-bytes 1\n"}) {
    WriteText(attempt.directory().limits(), text);
    EXPECT_THROW(ReadLimits(attempt.directory()), std::runtime_error) << text;
  }
}

TEST(AttemptEnd, EveryWayComesBackAsWritten) {
  using How = AttemptEnd::How;
  for (const How how : {How::kExited, How::kSignaled, How::kTimeLimit, How::kMemoryLimit, How::kDiskLimit,
                        How::kThreadLimit, How::kCancelled, How::kStartFailed}) {
    const TemporaryAttempt attempt;
    WriteEnd(attempt.directory(), {.how = how,
                                   .status = 9,
                                   .peak_memory_bytes = int64_t{1} << 40,
                                   .wall_milliseconds = 5,
                                   .message = "two\nlines, and more",
                                   .sandbox = "seccomp, Landlock 7"});
    const auto end = ReadEnd(attempt.directory());
    ASSERT_TRUE(end);
    EXPECT_EQ(end->how, how);
    EXPECT_EQ(end->status, 9);
    EXPECT_EQ(end->peak_memory_bytes, int64_t{1} << 40);
    EXPECT_EQ(end->wall_milliseconds, 5);
    EXPECT_EQ(end->message, "two lines, and more");
    EXPECT_EQ(end->sandbox, "seccomp, Landlock 7");
  }
}

TEST(AttemptEnd, EmptyMessageComesBackEmpty) {
  const TemporaryAttempt attempt;
  WriteEnd(attempt.directory(), {});
  EXPECT_EQ(ReadEnd(attempt.directory())->message, "");
}

TEST(AttemptEnd, UnknownWayIsRefused) {
  const TemporaryAttempt attempt;
  WriteText(attempt.directory().ended(),
            "how vanished\nstatus 0\npeak-memory-bytes 0\nwall-milliseconds 0\nmessage \n");
  EXPECT_THROW(ReadEnd(attempt.directory()), std::runtime_error);
}

}  // namespace
}  // namespace modlab::server
