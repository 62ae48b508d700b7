#include "server/executor/event_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

using Payloads = std::vector<std::string>;

class EventLogTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return attempt_.directory().events(); }

  TemporaryAttempt attempt_;
};

TEST_F(EventLogTest, ARecordIsLengthChecksumAndPayload) {
  EventLogWriter(path()).Append("123456789");
  // 0xCBF43926 is CRC-32's published check value for these nine digits.
  EXPECT_EQ(ReadText(path()), std::string("\x09\x00\x00\x00\x26\x39\xF4\xCB", 8) + "123456789");
}

TEST_F(EventLogTest, RecordsComeBackInOrderOverSeveralLooks) {
  EventLogWriter writer(path());
  writer.Append("one");
  writer.Append("");
  const EventLogTail first = ReadEventLog(path(), 0);
  EXPECT_EQ(first.payloads, (Payloads{"one", ""}));
  EXPECT_EQ(ReadEventLog(path(), first.offset).payloads, Payloads{});
  writer.Append(std::string(kMaxEventBytes, 'x'));
  const EventLogTail second = ReadEventLog(path(), first.offset);
  EXPECT_EQ(second.payloads, Payloads{std::string(kMaxEventBytes, 'x')});
  EXPECT_EQ(second.offset, static_cast<int64_t>(std::filesystem::file_size(path())));
}

TEST_F(EventLogTest, SmallLooksSeeEverythingInTheEnd) {
  EventLogWriter writer(path());
  Payloads written;
  for (int i = 0; i < 10; ++i) {
    written.push_back(std::string(40'000, static_cast<char>('a' + i)));
    writer.Append(written.back());
  }
  Payloads seen;
  for (EventLogTail tail = ReadEventLog(path(), 0, 1); !tail.payloads.empty();
       tail = ReadEventLog(path(), tail.offset, 1)) {
    seen.insert(seen.end(), tail.payloads.begin(), tail.payloads.end());
  }
  EXPECT_EQ(seen, written);
}

TEST_F(EventLogTest, AnotherWriterGoesOnWhereTheFirstLeft) {
  EventLogWriter(path()).Append("one");
  EventLogWriter(path()).Append("two");
  EXPECT_EQ(ReadEventLog(path(), 0).payloads, (Payloads{"one", "two"}));
}

TEST_F(EventLogTest, ARecordThatIsNotAllThereIsLeftForLater) {
  EventLogWriter writer(path());
  writer.Append("one");
  writer.Append("two");
  const std::string whole = ReadText(path());
  for (size_t cut = 1; cut < 11; ++cut) {
    WriteText(path(), whole.substr(0, whole.size() - cut));
    const EventLogTail tail = ReadEventLog(path(), 0);
    EXPECT_EQ(tail.payloads, Payloads{"one"});
    WriteText(path(), whole);
    EXPECT_EQ(ReadEventLog(path(), tail.offset).payloads, Payloads{"two"});
  }
}

TEST_F(EventLogTest, WrongChecksumIsRefused) {
  EventLogWriter(path()).Append("one");
  std::string bytes = ReadText(path());
  bytes.back() ^= 1;
  WriteText(path(), bytes);
  EXPECT_THROW(ReadEventLog(path(), 0), std::runtime_error);
}

TEST_F(EventLogTest, HugeLengthIsRefusedAtOnce) {
  WriteText(path(), std::string("\xFF\xFF\xFF\xFF\x00\x00\x00\x00", 8));
  EXPECT_THROW(ReadEventLog(path(), 0), std::runtime_error);
}

TEST_F(EventLogTest, TooLargeAFileIsRefused) {
  WriteText(path(), "");
  std::filesystem::resize_file(path(), kMaxEventLogBytes + 1);
  EXPECT_THROW(ReadEventLog(path(), 0), std::runtime_error);
}

TEST_F(EventLogTest, AbsentFileHasNoRecords) {
  const EventLogTail tail = ReadEventLog(path(), 12);
  EXPECT_TRUE(tail.payloads.empty());
  EXPECT_EQ(tail.offset, 12);
}

TEST_F(EventLogTest, LinksAndFifosAreRefused) {
  std::filesystem::create_symlink("/etc/passwd", path());
  EXPECT_THROW(ReadEventLog(path(), 0), std::runtime_error);
  EXPECT_THROW(EventLogWriter{path()}, std::system_error);
  std::filesystem::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_THROW(ReadEventLog(path(), 0), std::runtime_error);
}

TEST_F(EventLogTest, AnEventThatIsTooLongIsTheWritersFault) {
  EventLogWriter writer(path());
  EXPECT_THROW(writer.Append(std::string(kMaxEventBytes + 1, 'x')), std::logic_error);
  EXPECT_EQ(ReadText(path()), "");
}

}  // namespace
}  // namespace modlab::server
