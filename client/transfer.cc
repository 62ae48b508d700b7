#include "client/transfer.h"

#include <fmt/format.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>

#include "client/digest.h"
#include "client/names.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using std::chrono::steady_clock;

/// Takes a transfer up again after a break, until that has brought nothing over for too long.
class Persistence {
 public:
  Persistence(Connection& connection, const TransferOptions& options)
      : connection_(connection), options_(options), backoff_(options.first_backoff, std::chrono::seconds(10)) {}

  /// For a stream that is to be opened: ends it at the connection's deadline.
  void Limit(grpc::ClientContext& context) const {
    if (connection_.deadline()) context.set_deadline(*connection_.deadline());
  }

  /// After a stream that ended with `status`, when `position` bytes had come over: waits, or throws if there is no use.
  /// `what` is what is transferred.
  void Pause(std::int64_t position, const grpc::Status& status, const v1::ErrorDetail& detail, std::string_view what) {
    if (position > position_ || !broken_) {
      position_ = position;
      last_moved_ = steady_clock::now();
      backoff_.Reset();
      stopped_on_purpose_ = false;
      broken_ = true;
      options_.on_disconnected(status.error_message());
    }
    stopped_on_purpose_ |= detail.reason() == v1::SERVER_STOPPING;
    if (steady_clock::now() - last_moved_ >= options_.reconnect_for) throw connection_.FailureFor(status, detail);
    if (!connection_.Pause(backoff_.Next())) throw TimedOut(what);
    if (options_.restart_server && !stopped_on_purpose_) options_.restart_server();
  }

  static Failure TimedOut(std::string_view what) {
    return {ExitCode::kTimedOut,
            fmt::format("{} did not come over in time; --timeout says how long it may take", what)};
  }

 private:
  Connection& connection_;
  const TransferOptions& options_;
  Backoff backoff_;
  std::int64_t position_ = 0;
  bool broken_ = false;
  bool stopped_on_purpose_ = false;
  steady_clock::time_point last_moved_;
};

v1::Upload AnnounceUpload(Connection& connection, const LocalFile& file) {
  v1::CreateUploadRequest request;
  request.mutable_upload()->set_size_bytes(file.size());
  request.mutable_upload()->set_sha256(file.Sha256());
  request.set_request_id(NewRequestId());
  return connection.CallWithRetries(&v1::UploadService::Stub::CreateUpload, request);
}

/// One stream: sends from where the upload stands, and makes `upload` what the server answers if all went well.
grpc::Status Send(Connection& connection, const LocalFile& file, const TransferOptions& options,
                  grpc::ClientContext& context, v1::Upload& upload) {
  constexpr std::int64_t piece_bytes = 256 << 10;
  v1::Upload answer;
  const auto stream = connection.stub<v1::UploadService::Stub>().WriteUpload(&context, &answer);
  v1::WriteUploadRequest request;
  request.set_name(upload.name());
  std::int64_t offset = upload.committed_bytes();
  do {
    request.set_offset(offset);
    request.set_data(file.Read(offset, piece_bytes));
    if (!stream->Write(request)) break;
    offset += static_cast<std::int64_t>(request.data().size());
    options.progress(offset, file.size());
  } while (offset < file.size());
  stream->WritesDone();
  grpc::Status status = stream->Finish();
  if (status.ok()) upload = answer;
  return status;
}

/// Makes `upload` what the server has of it; false where the server is not there.
bool LookUp(Connection& connection, v1::Upload& upload) {
  v1::GetUploadRequest request;
  request.set_name(upload.name());
  try {
    upload = connection.CallWithRetries(&v1::UploadService::Stub::GetUpload, request);
    return true;
  } catch (const Failure& unreachable) {
    if (unreachable.code() != ExitCode::kUnreachable) throw;
    return false;
  }
}

bool CanResume(const grpc::Status& status, const v1::ErrorDetail& detail) {
  return WentAway(status) || detail.reason() == v1::UPLOAD_OFFSET_MISMATCH;
}

template <typename Response>
using Opener = std::function<std::unique_ptr<grpc::ClientReader<Response>>(grpc::ClientContext*, std::int64_t offset)>;

/// `name` is what the server calls the content.
template <typename Response>
void Download(Connection& connection, const Opener<Response>& open, const std::string& name, std::int64_t size,
              const std::string& sha256, OutputFile& output, const TransferOptions& options) {
  const std::string what = Printable(name);
  Persistence persistence(connection, options);
  Sha256 digest;
  std::int64_t offset = 0;
  while (true) {
    grpc::ClientContext context;
    persistence.Limit(context);
    const auto stream = open(&context, offset);
    for (Response piece; stream->Read(&piece);) {
      if (piece.offset() != offset) {
        context.TryCancel();
        throw Failure(ExitCode::kRefused,
                      fmt::format("the server sent byte {} of {} where {} was due", piece.offset(), what, offset));
      }
      output.Write(piece.data());
      digest.Update(piece.data());
      offset += static_cast<std::int64_t>(piece.data().size());
      options.progress(offset, size);
    }
    const grpc::Status status = stream->Finish();
    if (status.ok()) break;
    if (IsTimeOver(connection.deadline(), status)) throw Persistence::TimedOut(what);
    if (!WentAway(status)) throw connection.FailureFor(status, DetailOf(context));
    persistence.Pause(offset, status, DetailOf(context), what);
  }
  if (offset != size || digest.Finish() != sha256) {
    throw Failure(ExitCode::kRefused,
                  fmt::format("what the server sent is not {}: {} bytes of {}, or another digest", what, offset, size));
  }
}

}  // namespace

v1::Upload Upload(Connection& connection, const LocalFile& file, const TransferOptions& options) {
  Persistence persistence(connection, options);
  v1::Upload upload = AnnounceUpload(connection, file);
  while (upload.state() != v1::Upload::COMPLETE) {
    grpc::ClientContext context;
    persistence.Limit(context);
    const grpc::Status status = Send(connection, file, options, context, upload);
    if (status.ok() && upload.state() != v1::Upload::COMPLETE) {
      throw Failure(ExitCode::kRefused, fmt::format("the server took all of {} and still waits", file.path()));
    }
    if (status.ok()) break;
    if (IsTimeOver(connection.deadline(), status)) throw Persistence::TimedOut(file.path());
    const v1::ErrorDetail detail = DetailOf(context);
    if (!CanResume(status, detail)) throw connection.FailureFor(status, detail);
    const bool known = LookUp(connection, upload);  // what the broken stream has brought over
    if (upload.state() == v1::Upload::COMPLETE) break;
    persistence.Pause(upload.committed_bytes(), status, detail, file.path());
    if (!known) LookUp(connection, upload);  // else the next attempt finds out
  }
  return upload;
}

void DownloadModel(Connection& connection, const v1::Model& model, OutputFile& output, const TransferOptions& options) {
  const Opener<v1::DownloadModelResponse> open = [&](grpc::ClientContext* context, std::int64_t offset) {
    v1::DownloadModelRequest request;
    request.set_name(model.name());
    request.set_offset(offset);
    return connection.stub<v1::ModelService::Stub>().DownloadModel(context, request);
  };
  Download(connection, open, model.name(), model.size_bytes(), model.sha256(), output, options);
}

void DownloadDataset(Connection& connection, const v1::Dataset& dataset, OutputFile& output,
                     const TransferOptions& options) {
  const Opener<v1::DownloadDatasetResponse> open = [&](grpc::ClientContext* context, std::int64_t offset) {
    v1::DownloadDatasetRequest request;
    request.set_name(dataset.name());
    request.set_offset(offset);
    return connection.stub<v1::DatasetService::Stub>().DownloadDataset(context, request);
  };
  Download(connection, open, dataset.name(), dataset.size_bytes(), dataset.sha256(), output, options);
}

void DownloadArtifact(Connection& connection, const std::string& job, const v1::Artifact& artifact, OutputFile& output,
                      const TransferOptions& options) {
  const Opener<v1::DownloadArtifactResponse> open = [&](grpc::ClientContext* context, std::int64_t offset) {
    v1::DownloadArtifactRequest request;
    request.set_job(job);
    request.set_artifact(artifact.name());
    request.set_offset(offset);
    return connection.stub<v1::JobService::Stub>().DownloadArtifact(context, request);
  };
  Download(connection, open, artifact.name(), artifact.size_bytes(), artifact.sha256(), output, options);
}

}  // namespace modlab::client
