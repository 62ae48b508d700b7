#include "server/rpc/services.h"

#include "server/jobs/adjust_p_values.h"
#include "server/jobs/compare_partitions.h"
#include "server/jobs/compare_scores.h"
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
  return RunUnary(call_, context, "CreateModel", request, response,
                  [=, this](const Principal& principal) { return models_.Create(principal, *request); });
}

ServerUnaryReactor* ModelService::GetModel(CallbackServerContext* context, const modlab::v1::GetModelRequest* request,
                                           modlab::v1::Model* response) {
  return RunUnary(call_, context, "GetModel", request, response,
                  [=, this](const Principal& principal) { return models_.Get(principal, request->name()); });
}

ServerUnaryReactor* ModelService::ListModels(CallbackServerContext* context,
                                             const modlab::v1::ListModelsRequest* request,
                                             modlab::v1::ListModelsResponse* response) {
  return RunUnary(call_, context, "ListModels", request, response,
                  [=, this](const Principal& principal) { return models_.List(principal, *request); });
}

ServerUnaryReactor* ModelService::ShareModel(CallbackServerContext* context, const modlab::v1::ShareRequest* request,
                                             modlab::v1::Model* response) {
  return RunUnary(call_, context, "ShareModel", request, response,
                  [=, this](const Principal& principal) { return models_.Share(principal, *request); });
}

ServerUnaryReactor* ModelService::DeleteModel(CallbackServerContext* context,
                                              const modlab::v1::DeleteModelRequest* request,
                                              google::protobuf::Empty* response) {
  return RunUnary(call_, context, "DeleteModel", request, response,
                  [=, this](const Principal& principal) { models_.Delete(principal, request->name()); });
}

grpc::ServerWriteReactor<modlab::v1::DownloadModelResponse>* ModelService::DownloadModel(
    CallbackServerContext* context, const modlab::v1::DownloadModelRequest* request) {
  return DownloadStream<modlab::v1::DownloadModelResponse>::Open(
      call_, context, "DownloadModel", *request,
      [this, name = request->name()](const Principal& principal) { return models_.Open(principal, name); });
}

// --- DatasetService

ServerUnaryReactor* DatasetService::CreateDataset(CallbackServerContext* context,
                                                  const modlab::v1::CreateDatasetRequest* request,
                                                  modlab::v1::Dataset* response) {
  return RunUnary(call_, context, "CreateDataset", request, response,
                  [=, this](const Principal& principal) { return datasets_.Create(principal, *request); });
}

ServerUnaryReactor* DatasetService::GetDataset(CallbackServerContext* context,
                                               const modlab::v1::GetDatasetRequest* request,
                                               modlab::v1::Dataset* response) {
  return RunUnary(call_, context, "GetDataset", request, response,
                  [=, this](const Principal& principal) { return datasets_.Get(principal, request->name()); });
}

ServerUnaryReactor* DatasetService::ListDatasets(CallbackServerContext* context,
                                                 const modlab::v1::ListDatasetsRequest* request,
                                                 modlab::v1::ListDatasetsResponse* response) {
  return RunUnary(call_, context, "ListDatasets", request, response,
                  [=, this](const Principal& principal) { return datasets_.List(principal, *request); });
}

ServerUnaryReactor* DatasetService::ShareDataset(CallbackServerContext* context,
                                                 const modlab::v1::ShareRequest* request,
                                                 modlab::v1::Dataset* response) {
  return RunUnary(call_, context, "ShareDataset", request, response,
                  [=, this](const Principal& principal) { return datasets_.Share(principal, *request); });
}

ServerUnaryReactor* DatasetService::DeleteDataset(CallbackServerContext* context,
                                                  const modlab::v1::DeleteDatasetRequest* request,
                                                  google::protobuf::Empty* response) {
  return RunUnary(call_, context, "DeleteDataset", request, response,
                  [=, this](const Principal& principal) { datasets_.Delete(principal, request->name()); });
}

grpc::ServerWriteReactor<modlab::v1::DownloadDatasetResponse>* DatasetService::DownloadDataset(
    CallbackServerContext* context, const modlab::v1::DownloadDatasetRequest* request) {
  return DownloadStream<modlab::v1::DownloadDatasetResponse>::Open(
      call_, context, "DownloadDataset", *request,
      [this, name = request->name()](const Principal& principal) { return datasets_.Open(principal, name); });
}

// --- UploadService

ServerUnaryReactor* UploadService::CreateUpload(CallbackServerContext* context,
                                                const modlab::v1::CreateUploadRequest* request,
                                                modlab::v1::Upload* response) {
  return RunUnary(call_, context, "CreateUpload", request, response,
                  [=, this](const Principal& principal) { return uploads_.Create(principal, *request); });
}

ServerUnaryReactor* UploadService::GetUpload(CallbackServerContext* context,
                                             const modlab::v1::GetUploadRequest* request,
                                             modlab::v1::Upload* response) {
  return RunUnary(call_, context, "GetUpload", request, response,
                  [=, this](const Principal& principal) { return uploads_.Get(principal, request->name()); });
}

grpc::ServerReadReactor<modlab::v1::WriteUploadRequest>* UploadService::WriteUpload(CallbackServerContext* context,
                                                                                    modlab::v1::Upload* response) {
  return UploadStream::Open(call_, context, uploads_, response);
}

ServerUnaryReactor* UploadService::DeleteUpload(CallbackServerContext* context,
                                                const modlab::v1::DeleteUploadRequest* request,
                                                google::protobuf::Empty* response) {
  return RunUnary(call_, context, "DeleteUpload", request, response,
                  [=, this](const Principal& principal) { uploads_.Delete(principal, request->name()); });
}

// --- JobService

ServerUnaryReactor* JobService::CreateJob(CallbackServerContext* context, const modlab::v1::CreateJobRequest* request,
                                          modlab::v1::Job* response) {
  return RunUnary(call_, context, "CreateJob", request, response,
                  [=, this](const Principal& principal) { return jobs_.Create(principal, *request); });
}

ServerUnaryReactor* JobService::GetJob(CallbackServerContext* context, const modlab::v1::GetJobRequest* request,
                                       modlab::v1::Job* response) {
  return RunUnary(call_, context, "GetJob", request, response,
                  [=, this](const Principal& principal) { return jobs_.Get(principal, request->name()); });
}

ServerUnaryReactor* JobService::ListJobs(CallbackServerContext* context, const modlab::v1::ListJobsRequest* request,
                                         modlab::v1::ListJobsResponse* response) {
  return RunUnary(call_, context, "ListJobs", request, response,
                  [=, this](const Principal& principal) { return jobs_.List(principal, *request); });
}

ServerUnaryReactor* JobService::ListQueue(CallbackServerContext* context, const modlab::v1::ListQueueRequest* request,
                                          modlab::v1::ListQueueResponse* response) {
  return RunUnary(call_, context, "ListQueue", request, response,
                  [=, this](const Principal& principal) { return queue_.List(principal, *request); });
}

ServerUnaryReactor* JobService::CancelJob(CallbackServerContext* context, const modlab::v1::CancelJobRequest* request,
                                          modlab::v1::Job* response) {
  return RunUnary(call_, context, "CancelJob", request, response,
                  [=, this](const Principal& principal) { return jobs_.Cancel(principal, *request); });
}

ServerUnaryReactor* JobService::ShareJob(CallbackServerContext* context, const modlab::v1::ShareRequest* request,
                                         modlab::v1::Job* response) {
  return RunUnary(call_, context, "ShareJob", request, response,
                  [=, this](const Principal& principal) { return jobs_.Share(principal, *request); });
}

ServerUnaryReactor* JobService::DeleteJob(CallbackServerContext* context, const modlab::v1::DeleteJobRequest* request,
                                          google::protobuf::Empty* response) {
  return RunUnary(call_, context, "DeleteJob", request, response,
                  [=, this](const Principal& principal) { jobs_.Delete(principal, request->name()); });
}

grpc::ServerWriteReactor<modlab::v1::WatchJobResponse>* JobService::WatchJob(
    CallbackServerContext* context, const modlab::v1::WatchJobRequest* request) {
  return WatchStream::Open(call_, context, jobs_, events_, *request);
}

ServerUnaryReactor* JobService::ListArtifacts(CallbackServerContext* context,
                                              const modlab::v1::ListArtifactsRequest* request,
                                              modlab::v1::ListArtifactsResponse* response) {
  return RunUnary(call_, context, "ListArtifacts", request, response,
                  [=, this](const Principal& principal) { return jobs_.ListArtifacts(principal, *request); });
}

grpc::ServerWriteReactor<modlab::v1::DownloadArtifactResponse>* JobService::DownloadArtifact(
    CallbackServerContext* context, const modlab::v1::DownloadArtifactRequest* request) {
  return DownloadStream<modlab::v1::DownloadArtifactResponse>::Open(
      call_, context, "DownloadArtifact", *request,
      [this, job = request->job(), artifact = request->artifact()](const Principal& principal) {
        return jobs_.OpenArtifact(principal, job, artifact);
      });
}

ServerUnaryReactor* JobService::ComparePartitions(CallbackServerContext* context,
                                                  const modlab::v1::ComparePartitionsRequest* request,
                                                  modlab::v1::ComparePartitionsResponse* response) {
  return RunUnary(call_, context, "ComparePartitions", request, response,
                  [=, this](const Principal& principal) { return CompareAsAsked(jobs_, principal, *request); });
}

ServerUnaryReactor* JobService::AdjustPValues(CallbackServerContext* context,
                                              const modlab::v1::AdjustPValuesRequest* request,
                                              modlab::v1::AdjustPValuesResponse* response) {
  return RunUnary(call_, context, "AdjustPValues", request, response,
                  [=, this](const Principal& principal) { return AdjustAsAsked(jobs_, principal, *request); });
}

ServerUnaryReactor* JobService::CompareScores(CallbackServerContext* context,
                                              const modlab::v1::CompareScoresRequest* request,
                                              modlab::v1::CompareScoresResponse* response) {
  return RunUnary(call_, context, "CompareScores", request, response, [=, this](const Principal& principal) {
    return CompareScoresAsAsked(jobs_, models_, experiments_, principal, *request);
  });
}

// --- ExperimentService

ServerUnaryReactor* ExperimentService::CreateExperiment(CallbackServerContext* context,
                                                        const modlab::v1::CreateExperimentRequest* request,
                                                        modlab::v1::Experiment* response) {
  return RunUnary(call_, context, "CreateExperiment", request, response,
                  [=, this](const Principal& principal) { return experiments_.Create(principal, *request); });
}

ServerUnaryReactor* ExperimentService::GetExperiment(CallbackServerContext* context,
                                                     const modlab::v1::GetExperimentRequest* request,
                                                     modlab::v1::Experiment* response) {
  return RunUnary(call_, context, "GetExperiment", request, response,
                  [=, this](const Principal& principal) { return experiments_.Get(principal, request->name()); });
}

ServerUnaryReactor* ExperimentService::ListExperiments(CallbackServerContext* context,
                                                       const modlab::v1::ListExperimentsRequest* request,
                                                       modlab::v1::ListExperimentsResponse* response) {
  return RunUnary(call_, context, "ListExperiments", request, response,
                  [=, this](const Principal& principal) { return experiments_.List(principal, *request); });
}

ServerUnaryReactor* ExperimentService::ResumeExperiment(CallbackServerContext* context,
                                                        const modlab::v1::ResumeExperimentRequest* request,
                                                        modlab::v1::Experiment* response) {
  return RunUnary(call_, context, "ResumeExperiment", request, response,
                  [=, this](const Principal& principal) { return experiments_.Resume(principal, request->name()); });
}

ServerUnaryReactor* ExperimentService::CancelExperiment(CallbackServerContext* context,
                                                        const modlab::v1::CancelExperimentRequest* request,
                                                        modlab::v1::Experiment* response) {
  return RunUnary(call_, context, "CancelExperiment", request, response,
                  [=, this](const Principal& principal) { return experiments_.Cancel(principal, *request); });
}

ServerUnaryReactor* ExperimentService::ShareExperiment(CallbackServerContext* context,
                                                       const modlab::v1::ShareRequest* request,
                                                       modlab::v1::Experiment* response) {
  return RunUnary(call_, context, "ShareExperiment", request, response,
                  [=, this](const Principal& principal) { return experiments_.Share(principal, *request); });
}

ServerUnaryReactor* ExperimentService::DeleteExperiment(CallbackServerContext* context,
                                                        const modlab::v1::DeleteExperimentRequest* request,
                                                        google::protobuf::Empty* response) {
  return RunUnary(call_, context, "DeleteExperiment", request, response,
                  [=, this](const Principal& principal) { experiments_.Delete(principal, request->name()); });
}

// --- ServerService

ServerUnaryReactor* ServerService::GetServer(CallbackServerContext* context,
                                             const modlab::v1::GetServerRequest* request,
                                             modlab::v1::Server* response) {
  return RunUnary(call_, context, "GetServer", request, response, [=, this](const Principal& principal) {
    Authorize(principal, Verb::kRead, {"server", ""});
    return describe_(principal);
  });
}

ServerUnaryReactor* ServerService::StopServer(CallbackServerContext* context,
                                              const modlab::v1::StopServerRequest* request,
                                              modlab::v1::StopServerResponse* response) {
  return RunUnary(call_, context, "StopServer", request, response, [=, this](const Principal& principal) {
    Authorize(principal, Verb::kOperate, {"server", ""});
    if (!request->requeue_jobs()) response->set_running_jobs(describe_(principal).running_jobs());
    stop_(request->requeue_jobs());
  });
}

ServerUnaryReactor* ServerService::DrainServer(CallbackServerContext* context,
                                               const modlab::v1::DrainServerRequest* request,
                                               modlab::v1::Server* response) {
  return RunUnary(call_, context, "DrainServer", request, response, [=, this](const Principal& principal) {
    Authorize(principal, Verb::kOperate, {"server", ""});
    admission_.Drain(request->message());
    return describe_(principal);
  });
}

ServerUnaryReactor* ServerService::UndrainServer(CallbackServerContext* context,
                                                 const modlab::v1::UndrainServerRequest* request,
                                                 modlab::v1::Server* response) {
  return RunUnary(call_, context, "UndrainServer", request, response, [=, this](const Principal& principal) {
    Authorize(principal, Verb::kOperate, {"server", ""});
    admission_.Undrain();
    return describe_(principal);
  });
}

}  // namespace modlab::server
