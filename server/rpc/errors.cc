#include "server/rpc/errors.h"

#include <spdlog/spdlog.h>

#include <system_error>

#include "modlab/v1/error.pb.h"
#include "server/executor/files.h"
#include "server/executor/utf8.h"
#include "server/jobs/request_error.h"
#include "server/store/database.h"

namespace modlab::server {
namespace {

using modlab::v1::ErrorDetail;
using modlab::v1::Reason;

/// As error.proto's comments say.
grpc::StatusCode CodeOf(Reason reason) {
  switch (reason) {
    case modlab::v1::RESOURCE_NOT_FOUND:
      return grpc::StatusCode::NOT_FOUND;
    case modlab::v1::PERMISSION_REFUSED:
      return grpc::StatusCode::PERMISSION_DENIED;
    case modlab::v1::REQUEST_ID_REUSED:
      return grpc::StatusCode::ALREADY_EXISTS;
    case modlab::v1::UPLOAD_OFFSET_MISMATCH:
      return grpc::StatusCode::ABORTED;
    case modlab::v1::UPLOAD_INCOMPLETE:
    case modlab::v1::MODEL_UNUSABLE:
    case modlab::v1::RESOURCE_IN_USE:
    case modlab::v1::JOB_ENDED:
    case modlab::v1::SANDBOX_INSUFFICIENT:
    case modlab::v1::RESULT_MISSING:
    case modlab::v1::DATASET_UNUSABLE:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case modlab::v1::LIMIT_EXCEEDED:
    case modlab::v1::QUOTA_EXCEEDED:
    case modlab::v1::STORAGE_FULL:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case modlab::v1::UNAUTHENTICATED:
      return grpc::StatusCode::UNAUTHENTICATED;
    case modlab::v1::SERVER_STOPPING:
      return grpc::StatusCode::UNAVAILABLE;
    case modlab::v1::STORAGE_FAILED:
    case modlab::v1::INTERNAL_FAULT:
      return grpc::StatusCode::INTERNAL;
    default:
      return grpc::StatusCode::INVALID_ARGUMENT;
  }
}

/// An error travels in HTTP/2 headers, of which clients take 8 KiB in all: a longer one would reach them as another
/// error without a word of ours. The message, of which a byte can become three, and the detail share that.
constexpr size_t kLongestMessage = 1024;
constexpr size_t kLongestFact = 256;

grpc::Status MakeStatus(const RequestError& error, grpc::ServerContextBase* context) {
  ErrorDetail detail;
  detail.set_reason(error.reason());
  detail.set_field(error.field());
  for (const auto& [key, value] : error.metadata()) (*detail.mutable_metadata())[key] = ToUtf8(value, kLongestFact);
  context->AddTrailingMetadata("modlab-error-bin", detail.SerializeAsString());
  return {CodeOf(error.reason()), ToUtf8(error.what(), kLongestMessage)};
}

}  // namespace

grpc::Status ToStatus(const std::exception_ptr& exception, grpc::ServerContextBase* context) {
  try {
    std::rethrow_exception(exception);
  } catch (const RequestError& error) {
    return MakeStatus(error, context);
  } catch (const DiskFullError& error) {
    return MakeStatus(RequestError(modlab::v1::STORAGE_FULL, error.what()), context);
  } catch (const StorageError& error) {
    spdlog::error("{}", error.what());
    return MakeStatus(RequestError(modlab::v1::STORAGE_FAILED, error.what()), context);
  } catch (const std::system_error& error) {
    if (IsDiskFull(error.code())) {
      return MakeStatus(RequestError(modlab::v1::STORAGE_FULL, "the server's disk is full: try again later"), context);
    }
    spdlog::error("a request failed: {}", error.what());
    return MakeStatus(RequestError(modlab::v1::STORAGE_FAILED,
                                   "the server could not use its data directory: " + error.code().message()),
                      context);
  } catch (const std::exception& error) {
    spdlog::error("a request failed: {}", error.what());
    return MakeStatus(RequestError(modlab::v1::INTERNAL_FAULT, "a fault of the server's own; its log says more"),
                      context);
  }
}

grpc::Status StoppingStatus(grpc::ServerContextBase* context) {
  return MakeStatus(RequestError(modlab::v1::SERVER_STOPPING, "the server is stopping: try again when it is back"),
                    context);
}

}  // namespace modlab::server
