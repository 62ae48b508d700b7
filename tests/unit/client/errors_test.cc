#include "client/errors.h"

#include <gtest/gtest.h>

namespace modlab::client {
namespace {

TEST(ExitCodeOf, EveryStatus) {
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::OK), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::NOT_FOUND), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::UNAVAILABLE), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::DEADLINE_EXCEEDED), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::CANCELLED), ExitCode::kUnreachable);
  for (const auto status :
       {grpc::StatusCode::UNKNOWN, grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::ALREADY_EXISTS,
        grpc::StatusCode::PERMISSION_DENIED, grpc::StatusCode::RESOURCE_EXHAUSTED,
        grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::ABORTED, grpc::StatusCode::OUT_OF_RANGE,
        grpc::StatusCode::UNIMPLEMENTED, grpc::StatusCode::INTERNAL, grpc::StatusCode::DATA_LOSS,
        grpc::StatusCode::UNAUTHENTICATED}) {
    EXPECT_EQ(ExitCodeOf(status), ExitCode::kRefused) << status;
  }
}

TEST(ExitCode, NumbersThatScriptsRelyOn) {
  EXPECT_EQ(static_cast<int>(ExitCode::kOk), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kJobFailed), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kNotFound), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnreachable), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::kRefused), 6);
  EXPECT_EQ(static_cast<int>(ExitCode::kTimedOut), 7);
  EXPECT_EQ(static_cast<int>(ExitCode::kInterrupted), 130);
}

TEST(FailureOf, TheServersSentenceWithTheField) {
  v1::ErrorDetail detail;
  detail.set_reason(v1::FIELD_INVALID);
  detail.set_field("job.spec.seed");
  const grpc::Status status(grpc::StatusCode::INVALID_ARGUMENT, "the seed is odd");
  EXPECT_STREQ(FailureOf(status, detail, "unix:x").what(), "the seed is odd (field job.spec.seed)");
  const grpc::Status naming(grpc::StatusCode::INVALID_ARGUMENT, "job.spec.seed is odd");
  EXPECT_STREQ(FailureOf(naming, detail, "unix:x").what(), "job.spec.seed is odd");
}

TEST(FailureOf, TheFieldStandsInTheFirstLine) {
  v1::ErrorDetail detail;
  detail.set_reason(v1::GOAL_INVALID);
  detail.set_field("job.spec.train.goals[0]");
  const grpc::Status status(grpc::StatusCode::INVALID_ARGUMENT, "the goal is wrong at 1:1:\n  z\n  ^");
  EXPECT_STREQ(FailureOf(status, detail, "unix:x").what(),
               "the goal is wrong at 1:1: (field job.spec.train.goals[0])\n  z\n  ^");
}

TEST(FailureOf, WhatWasNotFoundIsNamedBySentenceAlone) {
  v1::ErrorDetail detail;
  detail.set_reason(v1::RESOURCE_NOT_FOUND);
  detail.set_field("name");
  EXPECT_STREQ(FailureOf({grpc::StatusCode::NOT_FOUND, "there is no jobs/abc"}, detail, "unix:x").what(),
               "there is no jobs/abc");
}

TEST(FailureOf, NoServerIsNamed) {
  const Failure failure = FailureOf({grpc::StatusCode::UNAVAILABLE, "refused"}, {}, "unix:/run/x.sock");
  EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
  EXPECT_STREQ(failure.what(), "no modlab server answers at unix:/run/x.sock (refused)");
}

TEST(FailureOf, AStoppingServerSpeaksForItself) {
  v1::ErrorDetail detail;
  detail.set_reason(v1::SERVER_STOPPING);
  const Failure failure = FailureOf({grpc::StatusCode::UNAVAILABLE, "the server is stopping"}, detail, "unix:x");
  EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
  EXPECT_STREQ(failure.what(), "the server is stopping");
}

TEST(FailureOf, CommandsThatHelpWithAQuotaAndAFullDisk) {
  v1::ErrorDetail detail;
  detail.set_reason(v1::QUOTA_EXCEEDED);
  (*detail.mutable_metadata())["quota"] = "queued_jobs";
  EXPECT_STREQ(
      FailureOf({grpc::StatusCode::RESOURCE_EXHAUSTED, "100 jobs of yours are waiting: cancel some"}, detail, "unix:x")
          .what(),
      "100 jobs of yours are waiting: cancel some (`modlab job list --state queued` lists them, `modlab server "
      "status` shows the quota)");
  detail.set_reason(v1::STORAGE_FULL);
  EXPECT_STREQ(FailureOf({grpc::StatusCode::RESOURCE_EXHAUSTED, "the disk is full"}, detail, "unix:x").what(),
               "the disk is full (`modlab server status` shows the disk)");
}

TEST(FailureOf, ALateAnswerNamesTheTimeout) {
  const Failure failure = FailureOf({grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded"}, {}, "lab:7443");
  EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
  EXPECT_STREQ(failure.what(), "the server at lab:7443 did not answer in time; --timeout says how long it may take");
}

TEST(FailureOf, NothingThatATerminalWouldActUpon) {
  const Failure failure = FailureOf({grpc::StatusCode::INTERNAL, "a\x1b[31mb\nc"}, {}, "unix:x");
  EXPECT_STREQ(failure.what(), "a?[31mb\n  c");
}

TEST(Describe, PhaseMessageReason) {
  v1::JobError error;
  error.set_reason(v1::TIME_LIMIT);
  error.set_message("it used up its 5 s");
  EXPECT_EQ(Describe("job abc failed", error), "job abc failed: it used up its 5 s (TIME_LIMIT)");
  error.set_phase("embed");
  EXPECT_EQ(Describe("job abc failed", error), "job abc failed in phase embed: it used up its 5 s (TIME_LIMIT)");
}

}  // namespace
}  // namespace modlab::client
