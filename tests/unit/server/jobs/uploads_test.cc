#include "server/jobs/uploads.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <thread>

#include "server/jobs/request_error.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "tests/unit/server/jobs/reason_of.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {

using modlab::v1::CreateUploadRequest;
using modlab::v1::Reason;
using modlab::v1::Upload;

class UploadsTest : public testing::Test {
 protected:
  Upload Create(const std::string& content, const std::string& request_id = "", const std::string& owner = "ada") {
    CreateUploadRequest request;
    request.mutable_upload()->set_size_bytes(static_cast<int64_t>(content.size()));
    request.mutable_upload()->set_sha256(Sha256(content));
    request.set_request_id(request_id);
    return uploads_.Create({owner, modlab::v1::USER}, request);
  }

  /// What those who work on an upload share.
  auto SharedOf(const Upload& upload) { return uploads_.SharedOf(IdOf(upload.name())); }
  static void LetAMinutePass(Uploads::Writer& writer) { writer.expiry_due_ = {}; }

  template <typename Value>
  void Set(const Upload& upload, const std::string& column, Value value) {
    data_.database().Transact([&](SQLite::Database& connection) {
      Query(connection, "UPDATE uploads SET " + column + " = ? WHERE id = ?", value, IdOf(upload.name())).exec();
    });
  }
  bool Expires(const Upload& upload) {
    const auto time = uploads_.Get(ada_, upload.name()).expire_time();
    return time.seconds() < NowMicros() / 1'000'000 + 3600;
  }

  TemporaryDirectory directory_;
  DataDirectory data_{directory_.path() / "data"};
  Limits limits_;
  Admission admission_{data_, limits_, ""};
  Uploads uploads_{data_, limits_, admission_};
  const Principal ada_{"ada", modlab::v1::USER};
};

namespace {

TEST_F(UploadsTest, ArrivesInPiecesAndIsVerified) {
  const Upload upload = Create("hello world");
  auto first = uploads_.OpenWriter(ada_, upload.name());
  first->Write(0, "hello ");
  EXPECT_EQ(first->Close().committed_bytes(), 6);
  EXPECT_EQ(uploads_.Get(ada_, upload.name()).committed_bytes(), 6);
  auto second = uploads_.OpenWriter(ada_, upload.name());
  second->Write(6, "world");
  EXPECT_EQ(second->Close().state(), Upload::COMPLETE);
  EXPECT_EQ(ReadAt(data_.blobs().Open(Sha256("hello world")).get(), 0, 100), "hello world");
}

TEST_F(UploadsTest, CountsAgainstTheStorageOfItsOwnerOnce) {
  limits_.user_stored_bytes = 5;
  EXPECT_EQ(ReasonOf([&] { Create("123456"); }), modlab::v1::QUOTA_EXCEEDED);
  const Upload upload = Create("12345");
  EXPECT_EQ(ReasonOf([&] { Create("1"); }), modlab::v1::QUOTA_EXCEEDED);
  EXPECT_NO_THROW(Create("1", "", "bob")) << "everybody has a quota of their own";
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  writer->Write(0, "12345");
  writer->Close();
  EXPECT_EQ(Create("12345").state(), Upload::COMPLETE) << "the same content is no more";
  uploads_.Delete(ada_, upload.name());
}

TEST_F(UploadsTest, ThatStillArriveCountEachForItselfAlsoWithTheSameContent) {
  limits_.user_stored_bytes = 10;
  const Upload first = Create("12345");
  const Upload second = Create("12345");
  EXPECT_EQ(ReasonOf([&] { Create("12345"); }), modlab::v1::QUOTA_EXCEEDED) << "each has a file of its own";
  for (const Upload& upload : {first, second}) {
    auto writer = uploads_.OpenWriter(ada_, upload.name());
    writer->Write(0, "12345");
    EXPECT_EQ(writer->Close().state(), Upload::COMPLETE);
  }
  EXPECT_NO_THROW(Create("abcde")) << "what is complete is stored once";
}

TEST_F(UploadsTest, AStreamOfADeletedUploadTakesNoMoreAndKeepsNoRoom) {
  const Upload upload = Create("hello");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  writer->Write(0, "hel");
  const FileDescriptor file(::open(data_.UploadFile(IdOf(upload.name())).c_str(), O_RDONLY | O_CLOEXEC));
  uploads_.Delete(ada_, upload.name());
  EXPECT_EQ(ReasonOf([&] { writer->Write(3, "lo"); }), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(ReasonOf([&] { writer->Close(); }), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_EQ(SizeOf(file.get()), 0);
}

TEST_F(UploadsTest, EveryWriteMovesTheExpiryButNotTooOften) {
  const Upload upload = Create("hello");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  Set(upload, "expire_time", NowMicros() + 1'000'000);
  writer->Write(0, "h");
  EXPECT_TRUE(Expires(upload));
  LetAMinutePass(*writer);
  writer->Write(1, "e");
  EXPECT_FALSE(Expires(upload));
  Set(upload, "id", "another");  // whatever took the row away
  LetAMinutePass(*writer);
  EXPECT_EQ(ReasonOf([&] { writer->Write(2, "l"); }), modlab::v1::RESOURCE_NOT_FOUND);
}

TEST_F(UploadsTest, ALookDoesNotWaitForADigest) {
  const Upload upload = Create("hello");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  writer->Write(0, "hello");
  const auto shared = SharedOf(upload);
  {
    const std::lock_guard digest(shared->mutex);
    const Upload seen = std::async(std::launch::async, [&] { return uploads_.Get(ada_, upload.name()); }).get();
    EXPECT_EQ(seen.state(), Upload::ACTIVE);
    EXPECT_EQ(seen.committed_bytes(), 5);
  }
  EXPECT_EQ(uploads_.Get(ada_, upload.name()).state(), Upload::COMPLETE);
  EXPECT_EQ(writer->Close().state(), Upload::COMPLETE) << "a look has completed it meanwhile";
}

TEST_F(UploadsTest, OneStreamWaitsForADigestAndNoMore) {
  const Upload upload = Create("hello");
  const auto older = uploads_.OpenWriter(ada_, upload.name());
  const auto newer = uploads_.OpenWriter(ada_, upload.name());
  const auto shared = SharedOf(upload);
  std::unique_lock digest(shared->mutex);
  auto waiting = std::async(std::launch::async, [&] { return uploads_.OpenWriter(ada_, upload.name()); });
  while (!shared->writer_waits) std::this_thread::yield();
  const auto try_now = [&](const auto& body) { return ReasonOf([&] { std::async(std::launch::async, body).get(); }); };
  EXPECT_EQ(try_now([&] { uploads_.OpenWriter(ada_, upload.name()); }), modlab::v1::UPLOAD_OFFSET_MISMATCH);
  EXPECT_EQ(try_now([&] { older->Write(0, "hello"); }), modlab::v1::UPLOAD_OFFSET_MISMATCH);
  EXPECT_EQ(try_now([&] { older->Close(); }), modlab::v1::UPLOAD_OFFSET_MISMATCH);
  digest.unlock();
  auto newest = waiting.get();
  newest->Write(0, "hello");
  EXPECT_EQ(newest->Close().state(), Upload::COMPLETE);
}

TEST_F(UploadsTest, AreRefusedWhereThereIsNoRoom) {
  const Upload upload = Create("12345");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  writer->Write(0, "12");
  limits_.min_free_bytes = int64_t{1} << 60;
  admission_.LookAtDisk();
  EXPECT_EQ(ReasonOf([&] { Create("1"); }), modlab::v1::STORAGE_FULL);
  EXPECT_EQ(ReasonOf([&] { writer->Write(2, "345"); }), modlab::v1::STORAGE_FULL);
  limits_.min_free_bytes = 1;
  admission_.LookAtDisk();
  writer->Write(2, "345");
  EXPECT_EQ(writer->Close().state(), Upload::COMPLETE);
}

TEST_F(UploadsTest, IsCompletedByALookWhereItsDaemonDiedBehindTheLastByte) {
  for (const std::string& content : {std::string("hello"), std::string("wrong")}) {
    const Upload upload = Create("hello", content);
    std::ofstream(data_.UploadFile(IdOf(upload.name()))) << content;
    if (content == "hello") {
      EXPECT_EQ(uploads_.Get(ada_, upload.name()).state(), Upload::COMPLETE);
      EXPECT_EQ(ReadAt(data_.blobs().Open(Sha256("hello")).get(), 0, 100), "hello");
      uploads_.Delete(ada_, upload.name());
    } else {
      EXPECT_EQ(ReasonOf([&] { uploads_.Get(ada_, upload.name()); }), modlab::v1::DIGEST_MISMATCH);
    }
  }
}

TEST_F(UploadsTest, RefusesGapsOverlapsAndTooMuch) {
  const Upload upload = Create("abc");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  EXPECT_EQ(ReasonOf([&] { writer->Write(1, "b"); }), modlab::v1::UPLOAD_OFFSET_MISMATCH);
  writer->Write(0, "ab");
  EXPECT_EQ(ReasonOf([&] { writer->Write(0, "ab"); }), modlab::v1::UPLOAD_OFFSET_MISMATCH);
  EXPECT_EQ(ReasonOf([&] { writer->Write(2, "cd"); }), modlab::v1::FIELD_INVALID);
}

TEST_F(UploadsTest, AWrongDigestDiscardsTheUpload) {
  const Upload upload = Create("abc");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  writer->Write(0, "abd");
  EXPECT_EQ(ReasonOf([&] { writer->Close(); }), modlab::v1::DIGEST_MISMATCH);
  EXPECT_EQ(ReasonOf([&] { uploads_.Get(ada_, upload.name()); }), modlab::v1::RESOURCE_NOT_FOUND);
  EXPECT_FALSE(std::filesystem::exists(data_.UploadFile(upload.name().substr(8))));
}

TEST_F(UploadsTest, ANewerStreamTakesOver) {
  const Upload upload = Create("abc");
  auto older = uploads_.OpenWriter(ada_, upload.name());
  older->Write(0, "a");
  auto newer = uploads_.OpenWriter(ada_, upload.name());
  EXPECT_EQ(ReasonOf([&] { older->Write(1, "b"); }), modlab::v1::UPLOAD_OFFSET_MISMATCH);
  newer->Write(1, "bc");
  EXPECT_EQ(newer->Close().state(), Upload::COMPLETE);
}

TEST_F(UploadsTest, ContentIsSkippedOnlyForItsOwner) {
  const Upload upload = Create("abc");
  auto writer = uploads_.OpenWriter(ada_, upload.name());
  writer->Write(0, "abc");
  writer->Close();
  EXPECT_EQ(Create("abc").state(), Upload::COMPLETE);
  EXPECT_EQ(Create("abc", "", "bob").state(), Upload::ACTIVE);
  EXPECT_EQ(ReasonOf([&] { uploads_.Get({"bob", modlab::v1::USER}, upload.name()); }), modlab::v1::RESOURCE_NOT_FOUND);
}

TEST_F(UploadsTest, TheSameRequestIdIsTheSameUpload) {
  EXPECT_EQ(Create("abc", "r1").name(), Create("abc", "r1").name());
  EXPECT_NE(Create("abc", "r1").name(), Create("abc", "r2").name());
  EXPECT_EQ(ReasonOf([&] { Create("abd", "r1"); }), modlab::v1::REQUEST_ID_REUSED);
}

TEST_F(UploadsTest, RefusesNonsense) {
  EXPECT_EQ(ReasonOf([&] { Create(""); }), modlab::v1::FIELD_INVALID);
  CreateUploadRequest request;
  request.mutable_upload()->set_size_bytes(1);
  request.mutable_upload()->set_sha256("ABC");
  EXPECT_EQ(ReasonOf([&] { uploads_.Create(ada_, request); }), modlab::v1::FIELD_INVALID);
  limits_.largest_upload_bytes = 2;
  EXPECT_EQ(ReasonOf([&] { Create("abc"); }), modlab::v1::LIMIT_EXCEEDED);
  EXPECT_EQ(ReasonOf([&] { uploads_.OpenWriter(ada_, "uploads/none"); }), modlab::v1::RESOURCE_NOT_FOUND);
}

}  // namespace
}  // namespace modlab::server
