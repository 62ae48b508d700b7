#pragma once

#include <functional>

#include "modlab/v1/dataset.grpc.pb.h"
#include "modlab/v1/experiment.grpc.pb.h"
#include "modlab/v1/job.grpc.pb.h"
#include "modlab/v1/model.grpc.pb.h"
#include "modlab/v1/server.grpc.pb.h"
#include "modlab/v1/upload.grpc.pb.h"
#include "server/jobs/datasets.h"
#include "server/jobs/experiments.h"
#include "server/jobs/job_events.h"
#include "server/jobs/jobs.h"
#include "server/jobs/models.h"
#include "server/jobs/uploads.h"
#include "server/rpc/call.h"

namespace modlab::server {

// The API's services: each method hands its request to the library below and its answer back. The proto files say what
// they do.

class ModelService : public modlab::v1::ModelService::CallbackService {
 public:
  ModelService(const CallContext& call, Models& models) : call_(call), models_(models) {}

  grpc::ServerUnaryReactor* CreateModel(grpc::CallbackServerContext* context,
                                        const modlab::v1::CreateModelRequest* request,
                                        modlab::v1::Model* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context, const modlab::v1::GetModelRequest* request,
                                     modlab::v1::Model* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const modlab::v1::ListModelsRequest* request,
                                       modlab::v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* ShareModel(grpc::CallbackServerContext* context, const modlab::v1::ShareRequest* request,
                                       modlab::v1::Model* response) override;
  grpc::ServerUnaryReactor* DeleteModel(grpc::CallbackServerContext* context,
                                        const modlab::v1::DeleteModelRequest* request,
                                        google::protobuf::Empty* response) override;
  grpc::ServerWriteReactor<modlab::v1::DownloadModelResponse>* DownloadModel(
      grpc::CallbackServerContext* context, const modlab::v1::DownloadModelRequest* request) override;

 private:
  CallContext call_;
  Models& models_;
};

class DatasetService : public modlab::v1::DatasetService::CallbackService {
 public:
  DatasetService(const CallContext& call, Datasets& datasets) : call_(call), datasets_(datasets) {}

  grpc::ServerUnaryReactor* CreateDataset(grpc::CallbackServerContext* context,
                                          const modlab::v1::CreateDatasetRequest* request,
                                          modlab::v1::Dataset* response) override;
  grpc::ServerUnaryReactor* GetDataset(grpc::CallbackServerContext* context,
                                       const modlab::v1::GetDatasetRequest* request,
                                       modlab::v1::Dataset* response) override;
  grpc::ServerUnaryReactor* ListDatasets(grpc::CallbackServerContext* context,
                                         const modlab::v1::ListDatasetsRequest* request,
                                         modlab::v1::ListDatasetsResponse* response) override;
  grpc::ServerUnaryReactor* ShareDataset(grpc::CallbackServerContext* context, const modlab::v1::ShareRequest* request,
                                         modlab::v1::Dataset* response) override;
  grpc::ServerUnaryReactor* DeleteDataset(grpc::CallbackServerContext* context,
                                          const modlab::v1::DeleteDatasetRequest* request,
                                          google::protobuf::Empty* response) override;
  grpc::ServerWriteReactor<modlab::v1::DownloadDatasetResponse>* DownloadDataset(
      grpc::CallbackServerContext* context, const modlab::v1::DownloadDatasetRequest* request) override;

 private:
  CallContext call_;
  Datasets& datasets_;
};

class UploadService : public modlab::v1::UploadService::CallbackService {
 public:
  UploadService(const CallContext& call, Uploads& uploads) : call_(call), uploads_(uploads) {}

  grpc::ServerUnaryReactor* CreateUpload(grpc::CallbackServerContext* context,
                                         const modlab::v1::CreateUploadRequest* request,
                                         modlab::v1::Upload* response) override;
  grpc::ServerUnaryReactor* GetUpload(grpc::CallbackServerContext* context, const modlab::v1::GetUploadRequest* request,
                                      modlab::v1::Upload* response) override;
  grpc::ServerReadReactor<modlab::v1::WriteUploadRequest>* WriteUpload(grpc::CallbackServerContext* context,
                                                                       modlab::v1::Upload* response) override;
  grpc::ServerUnaryReactor* DeleteUpload(grpc::CallbackServerContext* context,
                                         const modlab::v1::DeleteUploadRequest* request,
                                         google::protobuf::Empty* response) override;

 private:
  CallContext call_;
  Uploads& uploads_;
};

class JobService : public modlab::v1::JobService::CallbackService {
 public:
  JobService(const CallContext& call, Jobs& jobs, Models& models, Experiments& experiments, Queue& queue,
             JobEvents& events)
      : call_(call), jobs_(jobs), models_(models), experiments_(experiments), queue_(queue), events_(events) {}

  grpc::ServerUnaryReactor* CreateJob(grpc::CallbackServerContext* context, const modlab::v1::CreateJobRequest* request,
                                      modlab::v1::Job* response) override;
  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context, const modlab::v1::GetJobRequest* request,
                                   modlab::v1::Job* response) override;
  grpc::ServerUnaryReactor* ListJobs(grpc::CallbackServerContext* context, const modlab::v1::ListJobsRequest* request,
                                     modlab::v1::ListJobsResponse* response) override;
  grpc::ServerUnaryReactor* ListQueue(grpc::CallbackServerContext* context, const modlab::v1::ListQueueRequest* request,
                                      modlab::v1::ListQueueResponse* response) override;
  grpc::ServerUnaryReactor* CancelJob(grpc::CallbackServerContext* context, const modlab::v1::CancelJobRequest* request,
                                      modlab::v1::Job* response) override;
  grpc::ServerUnaryReactor* ShareJob(grpc::CallbackServerContext* context, const modlab::v1::ShareRequest* request,
                                     modlab::v1::Job* response) override;
  grpc::ServerUnaryReactor* DeleteJob(grpc::CallbackServerContext* context, const modlab::v1::DeleteJobRequest* request,
                                      google::protobuf::Empty* response) override;
  grpc::ServerWriteReactor<modlab::v1::WatchJobResponse>* WatchJob(grpc::CallbackServerContext* context,
                                                                   const modlab::v1::WatchJobRequest* request) override;
  grpc::ServerUnaryReactor* ListArtifacts(grpc::CallbackServerContext* context,
                                          const modlab::v1::ListArtifactsRequest* request,
                                          modlab::v1::ListArtifactsResponse* response) override;
  grpc::ServerWriteReactor<modlab::v1::DownloadArtifactResponse>* DownloadArtifact(
      grpc::CallbackServerContext* context, const modlab::v1::DownloadArtifactRequest* request) override;
  grpc::ServerUnaryReactor* ComparePartitions(grpc::CallbackServerContext* context,
                                              const modlab::v1::ComparePartitionsRequest* request,
                                              modlab::v1::ComparePartitionsResponse* response) override;
  grpc::ServerUnaryReactor* AdjustPValues(grpc::CallbackServerContext* context,
                                          const modlab::v1::AdjustPValuesRequest* request,
                                          modlab::v1::AdjustPValuesResponse* response) override;
  grpc::ServerUnaryReactor* CompareScores(grpc::CallbackServerContext* context,
                                          const modlab::v1::CompareScoresRequest* request,
                                          modlab::v1::CompareScoresResponse* response) override;

 private:
  CallContext call_;
  Jobs& jobs_;
  Models& models_;
  Experiments& experiments_;
  Queue& queue_;
  JobEvents& events_;
};

class ExperimentService : public modlab::v1::ExperimentService::CallbackService {
 public:
  ExperimentService(const CallContext& call, Experiments& experiments) : call_(call), experiments_(experiments) {}

  grpc::ServerUnaryReactor* CreateExperiment(grpc::CallbackServerContext* context,
                                             const modlab::v1::CreateExperimentRequest* request,
                                             modlab::v1::Experiment* response) override;
  grpc::ServerUnaryReactor* GetExperiment(grpc::CallbackServerContext* context,
                                          const modlab::v1::GetExperimentRequest* request,
                                          modlab::v1::Experiment* response) override;
  grpc::ServerUnaryReactor* ListExperiments(grpc::CallbackServerContext* context,
                                            const modlab::v1::ListExperimentsRequest* request,
                                            modlab::v1::ListExperimentsResponse* response) override;
  grpc::ServerUnaryReactor* ResumeExperiment(grpc::CallbackServerContext* context,
                                             const modlab::v1::ResumeExperimentRequest* request,
                                             modlab::v1::Experiment* response) override;
  grpc::ServerUnaryReactor* CancelExperiment(grpc::CallbackServerContext* context,
                                             const modlab::v1::CancelExperimentRequest* request,
                                             modlab::v1::Experiment* response) override;
  grpc::ServerUnaryReactor* ShareExperiment(grpc::CallbackServerContext* context,
                                            const modlab::v1::ShareRequest* request,
                                            modlab::v1::Experiment* response) override;
  grpc::ServerUnaryReactor* DeleteExperiment(grpc::CallbackServerContext* context,
                                             const modlab::v1::DeleteExperimentRequest* request,
                                             google::protobuf::Empty* response) override;

 private:
  CallContext call_;
  Experiments& experiments_;
};

class ServerService : public modlab::v1::ServerService::CallbackService {
 public:
  using Describe = std::function<modlab::v1::Server(const Principal&)>;

  /// `describe` says how the server stands, to this caller; `stop(requeue_jobs)` asks it to leave, and returns at once.
  ServerService(const CallContext& call, Admission& admission, Describe describe, std::function<void(bool)> stop)
      : call_(call), admission_(admission), describe_(std::move(describe)), stop_(std::move(stop)) {}

  grpc::ServerUnaryReactor* GetServer(grpc::CallbackServerContext* context, const modlab::v1::GetServerRequest* request,
                                      modlab::v1::Server* response) override;
  grpc::ServerUnaryReactor* StopServer(grpc::CallbackServerContext* context,
                                       const modlab::v1::StopServerRequest* request,
                                       modlab::v1::StopServerResponse* response) override;
  grpc::ServerUnaryReactor* DrainServer(grpc::CallbackServerContext* context,
                                        const modlab::v1::DrainServerRequest* request,
                                        modlab::v1::Server* response) override;
  grpc::ServerUnaryReactor* UndrainServer(grpc::CallbackServerContext* context,
                                          const modlab::v1::UndrainServerRequest* request,
                                          modlab::v1::Server* response) override;

 private:
  CallContext call_;
  Admission& admission_;
  Describe describe_;
  std::function<void(bool)> stop_;
};

}  // namespace modlab::server
