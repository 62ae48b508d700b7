#pragma once

#include <functional>
#include <string>
#include <utility>

#include "modlab/v1/experiment.pb.h"
#include "server/jobs/admission.h"
#include "server/jobs/authorize.h"
#include "server/jobs/job_events.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The experiments as their owners see them; see experiment.proto. Their jobs are jobs like any other. Thread safe.
/// Throws RequestError and StorageError.
class Experiments {
 public:
  /// `wake` is called when there is something for the scheduler to do.
  Experiments(DataDirectory& data, const Limits& limits, const Admission& admission, JobEvents& events,
              std::function<void()> wake)
      : data_(data), limits_(limits), admission_(admission), events_(events), wake_(std::move(wake)) {}

  modlab::v1::Experiment Create(const Principal& principal, const modlab::v1::CreateExperimentRequest& request);
  /// `field`: the request's field that named it.
  modlab::v1::Experiment Get(const Principal& principal, const std::string& name, const std::string& field = "name");
  modlab::v1::ListExperimentsResponse List(const Principal& principal,
                                           const modlab::v1::ListExperimentsRequest& request);
  modlab::v1::Experiment Resume(const Principal& principal, const std::string& name);
  modlab::v1::Experiment Cancel(const Principal& principal, const modlab::v1::CancelExperimentRequest& request);
  modlab::v1::Experiment Share(const Principal& principal, const modlab::v1::ShareRequest& request);
  void Delete(const Principal& principal, const std::string& name);

 private:
  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  JobEvents& events_;
  std::function<void()> wake_;
};

}  // namespace modlab::server
