#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "client/deadline.h"
#include "modlab/v1/error.pb.h"

namespace modlab::client {

/// What `modlab` ends with. Part of the product's contract with scripts: listed in `modlab --help`.
enum class ExitCode {
  kOk = 0,
  kJobFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kUnreachable = 5,
  kRefused = 6,
  kTimedOut = 7,
  kInterrupted = 130,
};

/// Ends a command: `what()` is one sentence for the user, without the program's name before it.
class Failure : public std::runtime_error {
 public:
  Failure(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// The command line, the environment, the configuration file, or a local file is not as it must be.
class UsageError : public Failure {
 public:
  explicit UsageError(const std::string& message) : Failure(ExitCode::kUsage, message) {}
};

/// The one place where a status of the server's becomes an exit code. OK gives kOk.
ExitCode ExitCodeOf(grpc::StatusCode status);

/// Whether a call failed because the server was not there, or went away in the middle: UNAVAILABLE, or CANCELLED, which
/// is how gRPC ends a call that reaches a server while it shuts down. Not for a call that was cancelled on this side.
bool WentAway(const grpc::Status& status);

/// Whether the time is over after a call that was to end at `deadline`: that has passed, or the call ended for it, a
/// moment before our own clock says so or after that was set back.
bool IsTimeOver(const Deadline& deadline, const grpc::Status& status);

/// The detail that the server attached to a status, or an empty one. Call after the RPC that used `context` has ended.
v1::ErrorDetail DetailOf(const grpc::ClientContext& context);

/// What to tell the user about a status that is not OK: the server's sentence, the field at fault if the sentence does
/// not name it, or, where there is no server to speak, that none answers at `address`.
Failure FailureOf(const grpc::Status& status, const v1::ErrorDetail& detail, std::string_view address);

/// `job jobs/abc failed in phase embed: ... (TIME_LIMIT)`, for a job's or a model's own error.
std::string Describe(std::string_view subject, const v1::JobError& error);

}  // namespace modlab::client
