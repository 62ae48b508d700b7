#pragma once

#include <grpcpp/server.h>

#include <deque>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "client/connection.h"
#include "modlab/v1/job.grpc.pb.h"
#include "modlab/v1/upload.grpc.pb.h"

namespace modlab::client {

/// What a call ends with whose connection breaks.
inline const grpc::Status kBroken(grpc::StatusCode::UNAVAILABLE, "the connection broke");

/// A job service that says what a test has written down: in WatchJob, one stream after the other; in CancelJob,
/// DeleteJob and GetJob, one answer after the other, and `job` when there are none left.
class ScriptedJobs : public v1::JobService::Service {
 public:
  struct Stream {
    std::vector<v1::WatchJobResponse> messages;
    grpc::Status end;
    /// Stays open after the messages until the client goes.
    bool hangs = false;
  };

  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override;

  /// How one call with one answer ends.
  struct Answer {
    grpc::Status status;
    v1::Reason reason = v1::REASON_UNSPECIFIED;
  };

  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request, v1::Job* response) override;
  grpc::Status CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* request, v1::Job* response) override;
  grpc::Status DeleteJob(grpc::ServerContext* context, const v1::DeleteJobRequest* request,
                         google::protobuf::Empty* response) override;

  std::deque<Stream> streams;
  std::deque<Answer> answers;
  v1::Job job;
  /// The after_sequence of every call, in the order in which they came.
  std::vector<int> asked;

 private:
  grpc::Status Next(grpc::ServerContext& context);
};

/// An upload service that keeps one upload in memory, and fails where a test says.
class BreakingUploads : public v1::UploadService::Service {
 public:
  grpc::Status CreateUpload(grpc::ServerContext* context, const v1::CreateUploadRequest* request,
                            v1::Upload* response) override;
  grpc::Status GetUpload(grpc::ServerContext* context, const v1::GetUploadRequest* request,
                         v1::Upload* response) override;
  grpc::Status WriteUpload(grpc::ServerContext* context, grpc::ServerReader<v1::WriteUploadRequest>* reader,
                           v1::Upload* response) override;

  v1::Upload upload;
  /// Request ids of CreateUpload, in the order in which they came.
  std::vector<std::string> request_ids;
  /// How often CreateUpload is UNAVAILABLE first.
  int unavailable_creates = 0;
  /// Whether the content is there already.
  bool known = false;
  /// For each stream after how many messages it breaks, and how. None left: all goes well.
  std::deque<std::pair<int, grpc::Status>> breaks;
  /// Whether a stream that breaks after the last byte has completed the upload: only its answer is lost.
  bool completes_before_break = false;
  /// Number of WriteUpload calls.
  int streams = 0;

  /// What has arrived.
  std::string content();

 private:
  std::mutex mutex_;
  std::string content_;  // guarded by mutex_
};

/// Serves some of these services on a port of this machine.
class FakeServer {
 public:
  explicit FakeServer(grpc::Service& service) : FakeServer({&service}) {}
  FakeServer(std::initializer_list<grpc::Service*> services);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  Connection& connection() { return *connection_; }
  /// HOST:PORT.
  const std::string& address() const { return address_; }

 private:
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace modlab::client
