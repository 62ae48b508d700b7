#include "client/commands/artifact_flow.h"

#include <fmt/format.h>

#include "client/commands/paging.h"
#include "client/names.h"
#include "client/transfer.h"

namespace modlab::client {

v1::ListArtifactsResponse ListArtifacts(Session& session, const std::string& job) {
  v1::ListArtifactsRequest request;
  request.set_job(job);
  return ListUpTo(session.Connect(), &v1::JobService::Stub::ListArtifacts, request, 0,
                  [](const v1::ListArtifactsResponse& response) { return response.artifacts_size(); });
}

namespace {

v1::Artifact FindArtifact(Session& session, const std::string& job, const std::string& name) {
  const v1::ListArtifactsResponse artifacts = ListArtifacts(session, job);
  for (const v1::Artifact& artifact : artifacts.artifacts()) {
    if (artifact.name() == name) return artifact;
  }
  throw Failure(ExitCode::kNotFound, fmt::format("{} has no artifact {}; `{}` lists what it has", job, name,
                                                 session.CommandLine("job artifacts " + IdOf(job))));
}

}  // namespace

void FetchArtifact(Session& session, const std::string& job, const std::string& name, const SaveOptions& save) {
  const v1::Artifact artifact = FindArtifact(session, job, name);
  Save(session, save, artifact.name(), [&](OutputFile& output, const TransferOptions& options) {
    DownloadArtifact(session.Connect(), job, artifact, output, options);
  });
}

}  // namespace modlab::client
