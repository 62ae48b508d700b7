#include "tests/unit/client/fake_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <thread>

#include "client/digest.h"

namespace modlab::client {

grpc::Status ScriptedJobs::WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                                    grpc::ServerWriter<v1::WatchJobResponse>* writer) {
  asked.push_back(request->after_sequence());
  if (streams.empty()) return {grpc::StatusCode::INTERNAL, "no further stream was expected"};
  const Stream stream = streams.front();
  streams.pop_front();
  for (const v1::WatchJobResponse& message : stream.messages) writer->Write(message);
  while (stream.hangs && !context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return stream.end;
}

grpc::Status ScriptedJobs::Next(grpc::ServerContext& context) {
  if (answers.empty()) return grpc::Status::OK;
  const Answer answer = answers.front();
  answers.pop_front();
  if (answer.reason != v1::REASON_UNSPECIFIED) {
    v1::ErrorDetail detail;
    detail.set_reason(answer.reason);
    context.AddTrailingMetadata("modlab-error-bin", detail.SerializeAsString());
  }
  return answer.status;
}

grpc::Status ScriptedJobs::GetJob(grpc::ServerContext* context, const v1::GetJobRequest* /*request*/,
                                  v1::Job* response) {
  *response = job;
  return Next(*context);
}

grpc::Status ScriptedJobs::CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* /*request*/,
                                     v1::Job* response) {
  *response = job;
  return Next(*context);
}

grpc::Status ScriptedJobs::DeleteJob(grpc::ServerContext* context, const v1::DeleteJobRequest* /*request*/,
                                     google::protobuf::Empty* /*response*/) {
  return Next(*context);
}

grpc::Status BreakingUploads::CreateUpload(grpc::ServerContext* /*context*/, const v1::CreateUploadRequest* request,
                                           v1::Upload* response) {
  request_ids.push_back(request->request_id());
  if (unavailable_creates-- > 0) return {grpc::StatusCode::UNAVAILABLE, "not now"};
  upload = request->upload();
  upload.set_name("uploads/u");
  upload.set_state(known ? v1::Upload::COMPLETE : v1::Upload::ACTIVE);
  *response = upload;
  return grpc::Status::OK;
}

grpc::Status BreakingUploads::GetUpload(grpc::ServerContext* /*context*/, const v1::GetUploadRequest* /*request*/,
                                        v1::Upload* response) {
  upload.set_committed_bytes(static_cast<std::int64_t>(content().size()));
  *response = upload;
  return grpc::Status::OK;
}

grpc::Status BreakingUploads::WriteUpload(grpc::ServerContext* /*context*/,
                                          grpc::ServerReader<v1::WriteUploadRequest>* reader, v1::Upload* response) {
  const std::lock_guard lock(mutex_);
  ++streams;
  int left = -1;
  grpc::Status end;
  if (!breaks.empty()) {
    std::tie(left, end) = breaks.front();
    breaks.pop_front();
  }
  for (v1::WriteUploadRequest message; left != 0 && reader->Read(&message); --left) {
    if (message.offset() != static_cast<std::int64_t>(content_.size())) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "a gap, or bytes twice"};
    }
    content_ += message.data();
  }
  if (!end.ok()) {
    if (completes_before_break && Sha256Of(content_) == upload.sha256()) upload.set_state(v1::Upload::COMPLETE);
    return end;
  }
  if (Sha256Of(content_) != upload.sha256()) return {grpc::StatusCode::INVALID_ARGUMENT, "another digest"};
  upload.set_state(v1::Upload::COMPLETE);
  *response = upload;
  return grpc::Status::OK;
}

std::string BreakingUploads::content() {
  const std::lock_guard lock(mutex_);
  return content_;
}

FakeServer::FakeServer(std::initializer_list<grpc::Service*> services) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  // Not a channel within the process: none such can be waited for.
  address_ = "127.0.0.1:" + std::to_string(port);
  connection_ =
      std::make_unique<Connection>("the test", grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

}  // namespace modlab::client
