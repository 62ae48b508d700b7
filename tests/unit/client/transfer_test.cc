#include "client/transfer.h"

#include <gtest/gtest.h>

#include "client/errors.h"
#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

const grpc::Status kBroken(grpc::StatusCode::UNAVAILABLE, "the connection broke");

/// 1,000,000 bytes, four messages, of which no two parts are alike.
std::string Content() {
  std::string content;
  for (int64_t i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i * i) + ' ';
  content.resize(1'000'000);
  return content;
}

class UploadTest : public testing::Test {
 protected:
  v1::Upload Send() {
    return Upload(server_.connection(), file_, [this](std::int64_t done, std::int64_t total) {
      EXPECT_EQ(total, file_.size());
      last_progress_ = done;
    });
  }

  TemporaryDirectory directory_;
  LocalFile file_{directory_.Write("net.pt", Content())};
  BreakingUploads uploads_;
  FakeServer server_{uploads_};
  std::int64_t last_progress_ = 0;
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
  try {
    Send();
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
  }
}

}  // namespace
}  // namespace modlab::client
