#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/commands/paging.h"
#include "client/commands/save.h"
#include "client/names.h"
#include "client/output/job_text.h"
#include "client/transfer.h"

namespace modlab::client {
namespace {

v1::ListArtifactsResponse ListArtifacts(Session& session, const std::string& job) {
  v1::ListArtifactsRequest request;
  request.set_job(job);
  return ListUpTo(session.Connect(), &v1::JobService::Stub::ListArtifacts, request, 0,
                  [](const v1::ListArtifactsResponse& response) { return response.artifacts_size(); });
}

struct ListCommand {
  std::string id;
};

ExitCode List(Session& session, const ListCommand& command) {
  const v1::ListArtifactsResponse artifacts = ListArtifacts(session, JobName(command.id));
  session.PrintList(artifacts, artifacts.artifacts(),
                    [&](const TextStyle& style) { return ArtifactListText(artifacts, style); });
  return ExitCode::kOk;
}

struct FetchCommand {
  std::string id;
  std::string artifact;
  SaveOptions save;
};

v1::Artifact FindArtifact(Session& session, const std::string& job, const std::string& name) {
  const v1::ListArtifactsResponse artifacts = ListArtifacts(session, job);
  for (const v1::Artifact& artifact : artifacts.artifacts()) {
    if (artifact.name() == name) return artifact;
  }
  throw Failure(ExitCode::kNotFound, fmt::format("{} has no artifact {}; `{}` lists what it has", job, name,
                                                 session.CommandLine("job artifacts " + IdOf(job))));
}

ExitCode Fetch(Session& session, const FetchCommand& command) {
  const std::string job = JobName(command.id);
  const v1::Artifact artifact = FindArtifact(session, job, command.artifact);
  Save(session, command.save, artifact.name(), [&](OutputFile& output, const TransferOptions& options) {
    DownloadArtifact(session.Connect(), job, artifact, output, options);
  });
  return ExitCode::kOk;
}

}  // namespace

void AddArtifactCommands(CLI::App& job, Action& chosen) {
  const auto define_list = [](CLI::App& app, ListCommand& command) { AddJobId(app, command.id); };
  CLI::App* list =
      AddCommand<ListCommand>(job, chosen, "artifacts", "List the files that a job made", define_list, List);
  AddExamples(*list, {"modlab job artifacts abc"});

  const auto define_fetch = [](CLI::App& app, FetchCommand& command) {
    AddJobId(app, command.id);
    app.add_option("ARTIFACT", command.artifact, "Its name, as `modlab job artifacts` lists it")->required();
    AddSaving(app, command.save);
  };
  CLI::App* fetch = AddCommand<FetchCommand>(job, chosen, "fetch", "Fetch a file that a job made", define_fetch, Fetch);
  AddExamples(*fetch, {"modlab job fetch abc labels-0.npy", "modlab job fetch abc labels-0.npy --to labels.npy"});
}

}  // namespace modlab::client
