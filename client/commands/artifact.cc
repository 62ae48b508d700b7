#include "client/commands/artifact_flow.h"
#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/commands/save.h"
#include "client/names.h"
#include "client/output/job_text.h"

namespace modlab::client {
namespace {

struct ListArtifactsCommand {
  std::string id;
};

ExitCode ShowArtifacts(Session& session, const ListArtifactsCommand& command) {
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

ExitCode Fetch(Session& session, const FetchCommand& command) {
  FetchArtifact(session, JobName(command.id), command.artifact, command.save);
  return ExitCode::kOk;
}

}  // namespace

void AddArtifactCommands(CLI::App& job, Action& chosen) {
  const auto define_list = [](CLI::App& app, ListArtifactsCommand& command) { AddJobId(app, command.id); };
  CLI::App* list = AddCommand<ListArtifactsCommand>(job, chosen, "artifacts", "List the files that a job made",
                                                    define_list, ShowArtifacts);
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
