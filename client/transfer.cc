#include "client/transfer.h"

#include <fmt/format.h>
#include <grpcpp/support/sync_stream.h>

#include <thread>

#include "client/digest.h"
#include "client/names.h"

namespace modlab::client {
namespace {

/// Paces attempts of a transfer: gives up after several in a row that brought nothing over.
class Persistence {
 public:
  /// After a failed attempt that stood at `position`: waits, or throws `failure` if there is no use.
  void Pause(std::int64_t position, const Failure& failure) {
    constexpr int most_failures = 8;
    if (position > position_) {
      backoff_.Reset();
      failures_ = 0;
    }
    position_ = position;
    if (++failures_ >= most_failures) throw failure;
    std::this_thread::sleep_for(backoff_.Next());
  }

 private:
  Backoff backoff_{std::chrono::milliseconds(200), std::chrono::seconds(5)};
  std::int64_t position_ = 0;
  int failures_ = 0;
};

v1::Upload Announce(Connection& connection, const LocalFile& file) {
  v1::CreateUploadRequest request;
  request.mutable_upload()->set_size_bytes(file.size());
  request.mutable_upload()->set_sha256(file.Sha256());
  request.set_request_id(NewRequestId());
  return connection.CallWithRetries(&v1::UploadService::Stub::CreateUpload, request);
}

/// One stream: sends from where the upload stands, and makes `upload` what the server answers if all went well.
grpc::Status Send(Connection& connection, const LocalFile& file, const TransferProgress& progress,
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
    progress(offset, file.size());
  } while (offset < file.size());
  stream->WritesDone();
  grpc::Status status = stream->Finish();
  if (status.ok()) upload = answer;
  return status;
}

bool CanResume(const grpc::Status& status, const v1::ErrorDetail& detail) {
  return WentAway(status) || detail.reason() == v1::UPLOAD_OFFSET_MISMATCH;
}

template <typename Response>
using Opener = std::function<std::unique_ptr<grpc::ClientReader<Response>>(grpc::ClientContext*, std::int64_t offset)>;

/// `what` names the content in messages.
template <typename Response>
void Download(Connection& connection, const Opener<Response>& open, const std::string& what, std::int64_t size,
              const std::string& sha256, OutputFile& output, const TransferProgress& progress) {
  Persistence persistence;
  Sha256 digest;
  std::int64_t offset = 0;
  while (true) {
    grpc::ClientContext context;
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
      progress(offset, size);
    }
    const grpc::Status status = stream->Finish();
    if (status.ok()) break;
    const Failure failure = connection.FailureFor(status, context);
    if (!WentAway(status)) throw failure;
    persistence.Pause(offset, failure);
  }
  if (offset != size || digest.Finish() != sha256) {
    throw Failure(ExitCode::kRefused,
                  fmt::format("what the server sent is not {}: {} bytes of {}, or another digest", what, offset, size));
  }
}

}  // namespace

v1::Upload Upload(Connection& connection, const LocalFile& file, const TransferProgress& progress) {
  Persistence persistence;
  v1::Upload upload = Announce(connection, file);
  while (upload.state() != v1::Upload::COMPLETE) {
    grpc::ClientContext context;
    const grpc::Status status = Send(connection, file, progress, context, upload);
    if (status.ok() && upload.state() != v1::Upload::COMPLETE) {
      throw Failure(ExitCode::kRefused, fmt::format("the server took all of {} and still waits", file.path()));
    }
    if (status.ok()) break;
    const Failure failure = connection.FailureFor(status, context);
    if (!CanResume(status, DetailOf(context))) throw failure;
    persistence.Pause(upload.committed_bytes(), failure);
    v1::GetUploadRequest request;
    request.set_name(upload.name());
    try {
      upload = connection.CallWithRetries(&v1::UploadService::Stub::GetUpload, request);
    } catch (const Failure& unreachable) {
      if (unreachable.code() != ExitCode::kUnreachable) throw;  // else the next attempt finds out
    }
  }
  return upload;
}

void DownloadModel(Connection& connection, const v1::Model& model, OutputFile& output,
                   const TransferProgress& progress) {
  const Opener<v1::DownloadModelResponse> open = [&](grpc::ClientContext* context, std::int64_t offset) {
    v1::DownloadModelRequest request;
    request.set_name(model.name());
    request.set_offset(offset);
    return connection.stub<v1::ModelService::Stub>().DownloadModel(context, request);
  };
  Download(connection, open, model.name(), model.size_bytes(), model.sha256(), output, progress);
}

void DownloadArtifact(Connection& connection, const std::string& job, const v1::Artifact& artifact, OutputFile& output,
                      const TransferProgress& progress) {
  const Opener<v1::DownloadArtifactResponse> open = [&](grpc::ClientContext* context, std::int64_t offset) {
    v1::DownloadArtifactRequest request;
    request.set_job(job);
    request.set_artifact(artifact.name());
    request.set_offset(offset);
    return connection.stub<v1::JobService::Stub>().DownloadArtifact(context, request);
  };
  Download(connection, open, artifact.name(), artifact.size_bytes(), artifact.sha256(), output, progress);
}

}  // namespace modlab::client
