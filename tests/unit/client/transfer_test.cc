#include "client/transfer.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "client/errors.h"
#include "tests/unit/client/breaking_downloads.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

/// 1,000,000 bytes, four messages, of which no two parts are alike.
std::string Content() {
  std::string content;
  for (int64_t i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i * i) + ' ';
  content.resize(1'000'000);
  return content;
}

ExitCode CodeOfFailure(const std::function<void()>& transfer) {
  try {
    transfer();
  } catch (const Failure& failure) {
    return failure.code();
  }
  return ExitCode::kOk;
}

class UploadTest : public testing::Test {
 protected:
  UploadTest() {
    options_.first_backoff = std::chrono::milliseconds(1);
    options_.progress = [this](std::int64_t done, std::int64_t total) {
      EXPECT_EQ(total, file_.size());
      last_progress_ = done;
    };
    options_.on_disconnected = [this](const std::string& /*why*/) { ++losses_; };
  }

  v1::Upload Send() { return Upload(server_.connection(), file_, options_); }

  TemporaryDirectory directory_;
  LocalFile file_{directory_.Write("net.pt", Content())};
  BreakingUploads uploads_;
  FakeServer server_{uploads_};
  TransferOptions options_;
  std::int64_t last_progress_ = 0;
  int losses_ = 0;
};

TEST_F(UploadTest, AllBytesInOneStream) {
  const v1::Upload upload = Send();
  EXPECT_EQ(upload.state(), v1::Upload::COMPLETE);
  EXPECT_EQ(uploads_.content(), Content());
  EXPECT_EQ(uploads_.streams, 1);
  EXPECT_EQ(last_progress_, 1'000'000);
}

TEST_F(UploadTest, KnownContentIsNotSent) {
  uploads_.known = true;
  EXPECT_EQ(Send().name(), "uploads/u");
  EXPECT_EQ(uploads_.streams, 0);
}

TEST_F(UploadTest, GoesOnWhereItBrokeOff) {
  uploads_.breaks = {{1, kBroken}, {0, kBroken}, {2, kBroken}};
  EXPECT_EQ(Send().state(), v1::Upload::COMPLETE);
  EXPECT_EQ(uploads_.content(), Content());
  EXPECT_EQ(uploads_.streams, 4);
}

TEST_F(UploadTest, SurvivesManyBreaksAndTellsOfEveryLossOnce) {
  uploads_.breaks.assign(30, {0, kBroken});
  uploads_.breaks.insert(uploads_.breaks.begin() + 15, {1, kBroken});
  options_.first_backoff = std::chrono::milliseconds(0);
  EXPECT_EQ(Send().state(), v1::Upload::COMPLETE);
  EXPECT_EQ(uploads_.streams, 32);
  EXPECT_EQ(losses_, 2);
}

TEST_F(UploadTest, WhatTheLastStreamBroughtOverCounts) {
  options_.reconnect_for = std::chrono::seconds(1);
  // The first stream brings nothing over, and the second something, long after; both take more than that second.
  options_.progress = [](std::int64_t done, std::int64_t /*total*/) {
    if (done == 256 << 10) std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  };
  uploads_.breaks = {{0, kBroken}, {1, kBroken}};
  EXPECT_EQ(Send().state(), v1::Upload::COMPLETE);
  EXPECT_EQ(uploads_.streams, 3);
}

TEST_F(UploadTest, WhatIsCompleteNeedsNoServerAnyMore) {
  options_.reconnect_for = std::chrono::seconds(0);
  uploads_.completes_before_break = true;
  uploads_.breaks = {{4, kBroken}};
  EXPECT_EQ(Send().state(), v1::Upload::COMPLETE);
}

TEST_F(UploadTest, GivesUpOnAServerThatStaysAway) {
  options_.reconnect_for = std::chrono::seconds(0);
  uploads_.breaks.assign(30, {0, kBroken});
  EXPECT_EQ(CodeOfFailure([this] { Send(); }), ExitCode::kUnreachable);
}

TEST_F(UploadTest, AServerThatVanishedIsStartedAgain) {
  int starts = 0;
  options_.restart_server = [&starts] { ++starts; };
  uploads_.breaks = {{1, kBroken}};
  Send();
  EXPECT_EQ(starts, 1);
}

TEST_F(UploadTest, EndsAtTheDeadline) {
  options_.first_backoff = std::chrono::hours(1);
  uploads_.breaks = {{1, kBroken}};
  server_.connection().set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  EXPECT_EQ(CodeOfFailure([this] { Send(); }), ExitCode::kTimedOut);
}

TEST_F(UploadTest, AStreamThatEndedForTheDeadlineIsTimedOutWhateverTheClockSays) {
  uploads_.breaks = {{1, {grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"}}};
  server_.connection().set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  EXPECT_EQ(CodeOfFailure([this] { Send(); }), ExitCode::kTimedOut);
}

TEST_F(UploadTest, BrokenOffAfterTheLastByte) {
  uploads_.breaks = {{4, kBroken}};
  EXPECT_EQ(Send().state(), v1::Upload::COMPLETE);
  EXPECT_EQ(uploads_.content(), Content());
}

TEST_F(UploadTest, ARefusalIsNotTriedAgain) {
  uploads_.breaks = {{1, {grpc::StatusCode::INVALID_ARGUMENT, "the digest is another"}}};
  try {
    Send();
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kRefused);
    EXPECT_STREQ(failure.what(), "the digest is another");
  }
  EXPECT_EQ(uploads_.streams, 1);
}

TEST_F(UploadTest, ACreateIsSentAgainUnderTheSameRequestId) {
  uploads_.unavailable_creates = 2;
  Send();
  ASSERT_EQ(uploads_.request_ids.size(), 3U);
  EXPECT_FALSE(uploads_.request_ids[0].empty());
  EXPECT_EQ(uploads_.request_ids[1], uploads_.request_ids[0]);
  EXPECT_EQ(uploads_.request_ids[2], uploads_.request_ids[0]);
}

TEST_F(UploadTest, AServerThatStaysAwayIsUnreachable) {
  uploads_.unavailable_creates = 100;
  EXPECT_EQ(CodeOfFailure([this] { Send(); }), ExitCode::kUnreachable);
}

class DownloadTest : public testing::Test {
 protected:
  DownloadTest() {
    downloads_.content = Content();
    options_.first_backoff = std::chrono::milliseconds(1);
  }

  /// What arrived, once it was found to be right.
  std::string Fetch() {
    const std::string path = directory_.path("copy.pt");
    OutputFile output(path, true);
    DownloadModel(server_.connection(), downloads_.model(), output, options_);
    output.Commit();
    return ReadFile(path);
  }

  TemporaryDirectory directory_;
  BreakingDownloads downloads_;
  FakeServer server_{downloads_};
  TransferOptions options_;
};

TEST_F(DownloadTest, AllBytesInOneStream) {
  EXPECT_EQ(Fetch(), Content());
  EXPECT_EQ(downloads_.offsets, std::vector<std::int64_t>{0});
}

TEST_F(DownloadTest, GoesOnWhereItBrokeOff) {
  downloads_.breaks = {{0, kBroken}, {3, kBroken}, {0, {grpc::StatusCode::CANCELLED, ""}}, {7, kBroken}};
  EXPECT_EQ(Fetch(), Content());
  EXPECT_EQ(downloads_.offsets, (std::vector<std::int64_t>{0, 0, 300'000, 300'000, 1'000'000}));
}

TEST_F(DownloadTest, GivesUpOnAServerThatStaysAway) {
  options_.reconnect_for = std::chrono::seconds(0);
  downloads_.breaks = {{2, kBroken}};
  EXPECT_EQ(CodeOfFailure([this] { Fetch(); }), ExitCode::kUnreachable);
}

TEST_F(DownloadTest, ARefusalIsNotTriedAgain) {
  downloads_.breaks = {{0, {grpc::StatusCode::NOT_FOUND, "there is no models/m"}}};
  EXPECT_EQ(CodeOfFailure([this] { Fetch(); }), ExitCode::kNotFound);
  EXPECT_EQ(downloads_.offsets.size(), 1U);
}

TEST_F(DownloadTest, AStreamThatEndedForTheDeadlineIsTimedOutWhateverTheClockSays) {
  downloads_.breaks = {{2, {grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"}}};
  server_.connection().set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  EXPECT_EQ(CodeOfFailure([this] { Fetch(); }), ExitCode::kTimedOut);
}

TEST_F(DownloadTest, NothingThatATerminalWouldActUponIsSaidOfIt) {
  v1::Model model = downloads_.model();
  model.set_name("models/\x1b[31m");
  model.set_size_bytes(1);
  OutputFile output(directory_.path("copy.pt"), true);
  try {
    DownloadModel(server_.connection(), model, output, options_);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("models/?[31m"), std::string::npos) << failure.what();
  }
}

TEST_F(DownloadTest, EndsAtTheDeadline) {
  options_.first_backoff = std::chrono::hours(1);
  downloads_.breaks = {{2, kBroken}};
  server_.connection().set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  EXPECT_EQ(CodeOfFailure([this] { Fetch(); }), ExitCode::kTimedOut);
}

}  // namespace
}  // namespace modlab::client
