#include <fmt/format.h>

#include <algorithm>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/commands/server_flow.h"
#include "client/drain_wait.h"
#include "client/interrupt.h"

namespace modlab::client {
namespace {

struct DrainCommand {
  std::string message;
  bool wait = false;
};

std::string RunningText(int jobs) { return jobs == 1 ? "1 job still runs" : fmt::format("{} jobs still run", jobs); }

DrainOutcome Await(const Session& session, Connection& connection, const v1::Server& server) {
  const auto progress = session.StartProgress();
  const int most = std::max(server.running_jobs(), 1);
  DrainObserver observer;
  observer.on_server = [&](const v1::Server& now) {
    progress->Show(RunningText(now.running_jobs()), 1 - static_cast<double>(now.running_jobs()) / most);
  };
  observer.on_disconnected = [&](const std::string& why) { progress->Say(LostServerText(why)); };
  DrainWait wait(connection, {});
  const InterruptHandler handler([&wait] { wait.Interrupt(); });
  return wait.Run(server, observer);
}

ExitCode Report(Session& session, const Connection& connection, const DrainOutcome& outcome) {
  const std::string running = RunningText(outcome.server.running_jobs());
  const std::string how_to_end =
      fmt::format("the server goes on draining until `{}`", session.CommandLine("server undrain"));
  switch (outcome.end) {
    case DrainEnd::kIdle:
      PrintServer(session, connection, outcome.server);
      return ExitCode::kOk;
    case DrainEnd::kUndrained:
      throw Failure(ExitCode::kRefused,
                    fmt::format("somebody told the server to start jobs again meanwhile; {}", running));
    case DrainEnd::kTimedOut:
      throw Failure(ExitCode::kTimedOut, fmt::format("{}; {}", running, how_to_end));
    case DrainEnd::kInterrupted:
      session.Note(fmt::format("stopped waiting; {}; {}", running, how_to_end));
  }
  return ExitCode::kInterrupted;
}

ExitCode Drain(Session& session, const DrainCommand& command) {
  Connection& connection = session.ConnectToRunning();
  v1::DrainServerRequest request;
  request.set_message(command.message);
  const v1::Server server = connection.CallWithRetries(&v1::ServerService::Stub::DrainServer, request);
  if (command.wait) return Report(session, connection, Await(session, connection, server));
  PrintServer(session, connection, server);
  return ExitCode::kOk;
}

struct UndrainCommand {};

ExitCode Undrain(Session& session, const UndrainCommand& /*command*/) {
  Connection& connection = session.ConnectToRunning();
  PrintServer(session, connection,
              connection.CallWithRetries(&v1::ServerService::Stub::UndrainServer, v1::UndrainServerRequest()));
  return ExitCode::kOk;
}

}  // namespace

void AddDrainCommands(CLI::App& server, Action& chosen) {
  const auto define = [](CLI::App& app, DrainCommand& command) {
    app.add_option("--message", command.message, "Why, for people whose jobs wait; at most 200 characters")
        ->option_text("TEXT");
    app.add_flag("--wait", command.wait,
                 "Wait until no job runs; when Ctrl-C or --timeout ends that, the server goes on draining");
  };
  CLI::App* drain = AddCommand<DrainCommand>(
      server, chosen, "drain",
      "Have the server start no more jobs; running ones go on, new ones are taken and wait, also "
      "over a restart",
      define, Drain);
  AddExamples(*drain, {"modlab server drain --message 'new disks, back at noon'",
                       "modlab server drain --wait --timeout 2h && modlab server stop"});

  CLI::App* undrain = AddCommand<UndrainCommand>(
      server, chosen, "undrain", "Have the server start jobs again", [](CLI::App&, UndrainCommand&) {}, Undrain);
  AddExamples(*undrain, {"modlab server undrain"});
}

}  // namespace modlab::client
