#include "client/commands/model_flow.h"

#include <fmt/format.h>

#include "client/commands/save.h"
#include "client/local_file.h"
#include "client/names.h"
#include "client/transfer.h"
#include "client/units.h"

namespace modlab::client {

v1::Model PushModel(Session& session, const std::string& path, const PushOptions& options) {
  const LocalFile file(path);
  v1::CreateModelRequest request;
  request.mutable_model()->set_display_name(options.display_name.empty() ? file.name() : options.display_name);
  for (const auto& [key, value] : ParseLabels(options.labels)) {
    (*request.mutable_model()->mutable_labels())[key] = value;
  }
  request.mutable_input_shapes()->Assign(options.input_shapes.begin(), options.input_shapes.end());
  if (!options.resources.empty()) options.resources.ApplyTo(*request.mutable_resources());
  request.set_request_id(NewRequestId());

  Connection& connection = session.Connect();
  {
    const auto progress = session.StartProgress(std::chrono::seconds(1));
    const v1::Upload upload = Upload(connection, file, ShownTransfer(session, *progress, "sending"));
    request.set_upload(upload.name());
  }
  v1::Model model = connection.CallWithRetries(&v1::ModelService::Stub::CreateModel, request);
  // Apart from its creation, since the server may have had it before.
  if (!options.sharing.given()) return model;
  return connection.CallWithRetries(&v1::ModelService::Stub::ShareModel, options.sharing.RequestFor(model.name()));
}

v1::Model FindOrPushModel(Session& session, const std::string& subject, const PushOptions& push) {
  if (LooksLikeFile(subject, "models/")) return PushModel(session, subject, push);
  try {
    return GetModel(session, ModelName(subject));
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kNotFound) throw;
    throw Failure(failure.code(), fmt::format("{} (nor is there a file {} here)", failure.what(), subject));
  }
}

v1::Model GetModel(Session& session, const std::string& name) {
  v1::GetModelRequest request;
  request.set_name(name);
  return session.Connect().CallWithRetries(&v1::ModelService::Stub::GetModel, request);
}

InspectionOutcome AwaitInspection(Session& session, const v1::Model& model, const Deadline& deadline) {
  if (model.state() != v1::Model::INSPECTING) return {ExitCode::kOk, model};
  const WatchOutcome outcome = AwaitJob(session, model.inspect_job(), deadline, Announce::kNo);
  if (outcome.end != WatchEnd::kJobEnded) return {Report(session, outcome), model};
  return {ExitCode::kOk, GetModel(session, model.name())};
}

void ThrowIfUnusable(const v1::Model& model) {
  if (model.state() != v1::Model::UNUSABLE) return;
  throw Failure(
      ExitCode::kJobFailed,
      Describe(fmt::format("model {} cannot be used: its inspection failed", IdOf(model.name())), model.error()));
}

}  // namespace modlab::client
