#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/options.h"

namespace modlab::client {
namespace {

struct VersionCommand {};

ExitCode Version(Session& session, const VersionCommand& /*command*/) {
  if (session.jsonl()) {
    session.PrintData("{\"version\":\"" MODLAB_VERSION "\",\"apiVersion\":\"modlab.v1\"}\n");
  } else if (session.json()) {
    session.PrintData("{\n \"version\": \"" MODLAB_VERSION "\",\n \"apiVersion\": \"modlab.v1\"\n}\n");
  } else {
    session.PrintData(session.quiet() ? MODLAB_VERSION "\n" : "modlab " MODLAB_VERSION "\n");
  }
  return ExitCode::kOk;
}

}  // namespace

void AddVersionCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<VersionCommand>(
      app, chosen, "version", "Print this program's version", [](CLI::App&, VersionCommand&) {}, Version);
  AddExamples(*command, {"modlab version", "modlab version -o json"});
}

}  // namespace modlab::client
