#include "client/application.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string_view>

#include "client/commands/commands.h"
#include "client/commands/complete.h"
#include "client/commands/global_options.h"
#include "client/session.h"

namespace modlab::client {
namespace {

constexpr const char* kFooter = R"(Examples:
  modlab score net.pt                   measure a TorchScript model; starts a local server if none runs
  modlab score net.pt -k 4 -o json      the same for scripts
  modlab experiment run baseline        an engineered modular network and its rivals
  modlab compare JOB_ID JOB_ID          models side by side
  modlab job list --state running
  modlab job logs JOB_ID --follow
  modlab --server unix:/tmp/lab.sock model list

The server is the one that --server, MODLAB_SERVER, or a line server = "HOST:PORT" in
$XDG_CONFIG_HOME/modlab/config names (`modlab server use` writes it), in this order; if none
does, a server of your own, on this machine, which starts when it is needed and leaves when
it is idle. HOST:PORT is spoken to with TLS.

-o json prints what the server says as proto3 JSON; jsonl does so on one line for each item of
a list, or event; wide is a table with more columns. Colours are left out where NO_COLOR is
set, or output goes to no terminal.

--timeout bounds the whole command, but for the start of a local server: a call that has no
answer by then ends it with exit code 5, a wait or a transfer with 7. Without it a call may
take 10 s, and waits and transfers as long as they take. While a server that was there is
away, calls are sent again for about a second, where they may come twice; waits and transfers
go on where they broke off, for ten minutes.

Exit codes:
  0    ok
  1    the job failed or was cancelled, or the model or data set cannot be used
  2    usage: the command line, a local file or the configuration is wrong
  3    not found: there is no such model, data set, job, experiment or artifact
  5    server unreachable: it does not answer, or could not be started
  6    refused: the server will not do this
  7    the wait or the transfer timed out; a job goes on
  130  interrupted by Ctrl-C; the job goes on)";

void DefineCommands(CLI::App& app, GlobalOptions& options, Action& chosen) {
  app.name("modlab");
  app.fallthrough();  // so that the options below may stand behind a command too
  app.require_subcommand(1);
  app.set_version_flag("--version", "modlab " MODLAB_VERSION, "Print this program's version");
  AddGlobalOptions(app, options);
  app.footer(kFooter);
  AddScoreCommand(app, chosen);
  AddTrainCommand(app, chosen);
  AddGraphCommand(app, chosen);
  AddExperimentCommands(app, chosen);
  AddCompareCommand(app, chosen);
  AddAgreementCommand(app, chosen);
  AddPlotCommand(app, chosen);
  AddReportCommand(app, chosen);
  AddSignificanceCommand(app, chosen);
  AddModelCommands(app, chosen);
  AddDatasetCommands(app, chosen);
  AddJobCommands(app, chosen);
  AddServerCommands(app, chosen);
  AddCompletionCommand(app, chosen);
  AddManCommand(app, chosen);
  AddVersionCommand(app, chosen);
}

/// `modlab job watch`: the command that the arguments got as far as naming.
std::string NamedCommand(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  return app.get_name() + (subcommands.empty() ? "" : " " + NamedCommand(*subcommands.front()));
}

ExitCode ReportParseError(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {  // --help, --version
    app.exit(error);
    return ExitCode::kOk;
  }
  fmt::print(stderr, "modlab: {}\nTry `{} --help`.\n", error.what(), NamedCommand(app));
  return ExitCode::kUsage;
}

}  // namespace

ExitCode RunApplication(int argc, const char* const* argv, const Environment& environment) {
  CLI::App app("Train neural networks, and measure how modular they are");
  GlobalOptions options;
  Action chosen;
  DefineCommands(app, options, chosen);
  if (argc > 1 && std::string_view(argv[1]) == "__complete") {  // whose words are no options of its own
    PrintCompletion(app, {argv + 2, argv + argc}, environment);
    return ExitCode::kOk;
  }
  try {
    app.parse(argc, argv);
    Session session(options, environment);
    return chosen(session);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(app, error);
  } catch (const Failure& failure) {
    fmt::print(stderr, "modlab: {}\n", failure.what());
    return failure.code();
  } catch (const std::exception& error) {
    fmt::print(stderr, "modlab: {}\n", error.what());
    return ExitCode::kRefused;
  }
}

}  // namespace modlab::client
