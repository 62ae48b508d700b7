#include "server/rpc/services.h"

#include "server/rpc/download_stream.h"
#include "server/rpc/upload_stream.h"
#include "server/rpc/watch_stream.h"

namespace modlab::server {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// --- ModelService

ServerUnaryReactor* ModelService::CreateModel(CallbackServerContext* context,
                                              const modlab::v1::CreateModelRequest* request,
                                              modlab::v1::Model* response) {
  return RunUnary(call_, context, [=, this] { *response = models_.Create(call_.principal, *request); });
}

ServerUnaryReactor* ModelService::GetModel(CallbackServerContext* context, const modlab::v1::GetModelRequest* request,
                                           modlab::v1::Model* response) {
  return RunUnary(call_, context, [=, this] { *response = models_.Get(call_.principal, request->name()); });
}

ServerUnaryReactor* ModelService::ListModels(CallbackServerContext* context,
                                             const modlab::v1::ListModelsRequest* request,
                                             modlab::v1::ListModelsResponse* response) {
  return RunUnary(call_, context, [=, this] { *response = models_.List(call_.principal, *request); });
}

ServerUnaryReactor* ModelService::DeleteModel(CallbackServerContext* context,
                                              const modlab::v1::DeleteModelRequest* request,
                                              google::protobuf::Empty* /*response*/) {
  return RunUnary(call_, context, [=, this] { models_.Delete(call_.principal, request->name()); });
}

grpc::ServerWriteReactor<modlab::v1::DownloadModelResponse>* ModelService::DownloadModel(
    CallbackServerContext* context, const modlab::v1::DownloadModelRequest* request) {
  return DownloadStream<modlab::v1::DownloadModelResponse>::Open(
      call_, context, request->offset(),
      [this, name = request->name()] { return models_.Open(call_.principal, name); });
}

// --- UploadService

ServerUnaryReactor* UploadService::CreateUpload(CallbackServerContext* context,
                                                const modlab::v1::CreateUploadRequest* request,
                                                modlab::v1::Upload* response) {
  return RunUnary(call_, context, [=, this] { *response = uploads_.Create(call_.principal, *request); });
}

ServerUnaryReactor* UploadService::GetUpload(CallbackServerContext* context,
                                             const modlab::v1::GetUploadRequest* request,
                                             modlab::v1::Upload* response) {
  return RunUnary(call_, context, [=, this] { *response = uploads_.Get(call_.principal, request->name()); });
}

grpc::ServerReadReactor<modlab::v1::WriteUploadRequest>* UploadService::WriteUpload(CallbackServerContext* context,
                                                                                    modlab::v1::Upload* response) {
  return UploadStream::Open(call_, context, uploads_, response);
}

ServerUnaryReactor* UploadService::DeleteUpload(CallbackServerContext* context,
                                                const modlab::v1::DeleteUploadRequest* request,
                                                google::protobuf::Empty* /*response*/) {
  return RunUnary(call_, context, [=, this] { uploads_.Delete(call_.principal, request->name()); });
}

// --- JobService

ServerUnaryReactor* JobService::CreateJob(CallbackServerContext* context, const modlab::v1::CreateJobRequest* request,
                                          modlab::v1::Job* response) {
  return RunUnary(call_, context, [=, this] { *response = jobs_.Create(call_.principal, *request); });
}

ServerUnaryReactor* JobService::GetJob(CallbackServerContext* context, const modlab::v1::GetJobRequest* request,
                                       modlab::v1::Job* response) {
  return RunUnary(call_, context, [=, this] { *response = jobs_.Get(call_.principal, request->name()); });
}

ServerUnaryReactor* JobService::ListJobs(CallbackServerContext* context, const modlab::v1::ListJobsRequest* request,
                                         modlab::v1::ListJobsResponse* response) {
  return RunUnary(call_, context, [=, this] { *response = jobs_.List(call_.principal, *request); });
}

ServerUnaryReactor* JobService::CancelJob(CallbackServerContext* context, const modlab::v1::CancelJobRequest* request,
                                          modlab::v1::Job* response) {
  return RunUnary(call_, context, [=, this] { *response = jobs_.Cancel(call_.principal, *request); });
}

ServerUnaryReactor* JobService::DeleteJob(CallbackServerContext* context, const modlab::v1::DeleteJobRequest* request,
                                          google::protobuf::Empty* /*response*/) {
  return RunUnary(call_, context, [=, this] { jobs_.Delete(call_.principal, request->name()); });
}

grpc::ServerWriteReactor<modlab::v1::WatchJobResponse>* JobService::WatchJob(
    CallbackServerContext* context, const modlab::v1::WatchJobRequest* request) {
  return WatchStream::Open(call_, context, jobs_, events_, *request);
}

ServerUnaryReactor* JobService::ListArtifacts(CallbackServerContext* context,
                                              const modlab::v1::ListArtifactsRequest* request,
                                              modlab::v1::ListArtifactsResponse* response) {
  return RunUnary(call_, context, [=, this] { *response = jobs_.ListArtifacts(call_.principal, *request); });
}

grpc::ServerWriteReactor<modlab::v1::DownloadArtifactResponse>* JobService::DownloadArtifact(
    CallbackServerContext* context, const modlab::v1::DownloadArtifactRequest* request) {
  return DownloadStream<modlab::v1::DownloadArtifactResponse>::Open(
      call_, context, request->offset(), [this, job = request->job(), artifact = request->artifact()] {
        return jobs_.OpenArtifact(call_.principal, job, artifact);
      });
}

// --- ServerService

ServerUnaryReactor* ServerService::GetServer(CallbackServerContext* context,
                                             const modlab::v1::GetServerRequest* /*request*/,
                                             modlab::v1::Server* response) {
  return RunUnary(call_, context, [=, this] {
    Authorize(call_.principal, Verb::kRead, {"server", ""});
    *response = describe_();
  });
}

ServerUnaryReactor* ServerService::StopServer(CallbackServerContext* context,
                                              const modlab::v1::StopServerRequest* request,
                                              modlab::v1::StopServerResponse* response) {
  return RunUnary(call_, context, [=, this] {
    Authorize(call_.principal, Verb::kOperate, {"server", ""});
    if (!request->requeue_jobs()) response->set_running_jobs(describe_().running_jobs());
    stop_(request->requeue_jobs());
  });
}

}  // namespace modlab::server
