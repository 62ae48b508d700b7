#pragma once

#include <functional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/admission.h"
#include "server/jobs/authorize.h"
#include "server/jobs/job_events.h"
#include "server/jobs/limits.h"
#include "server/jobs/queue.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The jobs as their owners see them; see job.proto. What runs them is the Scheduler: it learns of changes here from
/// the store, when it is woken. Thread safe. Throws RequestError and StorageError.
class Jobs {
 public:
  /// `wake` is called when there is something for the scheduler to do.
  Jobs(DataDirectory& data, const Limits& limits, const Admission& admission, Queue& queue, JobEvents& events,
       std::function<void()> wake)
      : data_(data), limits_(limits), admission_(admission), queue_(queue), events_(events), wake_(std::move(wake)) {}

  modlab::v1::Job Create(const Principal& principal, const modlab::v1::CreateJobRequest& request);
  /// `field`: the request's field that named it.
  modlab::v1::Job Get(const Principal& principal, const std::string& name, const std::string& field = "name");
  modlab::v1::ListJobsResponse List(const Principal& principal, const modlab::v1::ListJobsRequest& request);
  modlab::v1::Job Cancel(const Principal& principal, const modlab::v1::CancelJobRequest& request);
  modlab::v1::Job Share(const Principal& principal, const modlab::v1::ShareRequest& request);
  void Delete(const Principal& principal, const std::string& name);

  /// What a watcher needs in one look: how the job stands, and its next events after a sequence number.
  struct Look {
    modlab::v1::Job::State state = modlab::v1::Job::STATE_UNSPECIFIED;
    int last_sequence = 0;
    std::vector<modlab::v1::Event> events;
  };
  Look Watch(const Principal& principal, const std::string& name, int after_sequence);

  modlab::v1::ListArtifactsResponse ListArtifacts(const Principal& principal,
                                                  const modlab::v1::ListArtifactsRequest& request);
  /// An artifact's content, for reading.
  FileDescriptor OpenArtifact(const Principal& principal, const std::string& job, const std::string& artifact);

 private:
  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  Queue& queue_;
  JobEvents& events_;
  std::function<void()> wake_;
};

}  // namespace modlab::server
