#pragma once

#include <string>
#include <vector>

#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/session.h"
#include "client/spec.h"
#include "modlab/v1/model.pb.h"

namespace modlab::client {

/// What a push says about the model.
struct PushOptions {
  /// Empty: the file's name.
  std::string display_name;
  std::vector<std::string> labels;
  ShareOptions sharing;
  std::vector<v1::InputShape> input_shapes;
  /// Of the inspection.
  ResourceOptions resources;
};

/// Brings a file to the server and makes a model of it; the model that is there already if the content is known.
v1::Model PushModel(Session& session, const std::string& path, const PushOptions& options);

/// The model of that id, or the file of that name, pushed. Throws Failure (kNotFound) where there is neither.
v1::Model FindOrPushModel(Session& session, const std::string& subject, const PushOptions& push);

v1::Model GetModel(Session& session, const std::string& name);

/// What came of waiting for a model's inspection.
struct InspectionOutcome {
  /// kOk: `model` is READY or UNUSABLE. Otherwise the exit code to leave with; everything has been said.
  ExitCode code;
  v1::Model model;
};
InspectionOutcome AwaitInspection(Session& session, const v1::Model& model, const Deadline& deadline);

/// Throws Failure (kJobFailed) with the model's error if it is UNUSABLE.
void ThrowIfUnusable(const v1::Model& model);

}  // namespace modlab::client
