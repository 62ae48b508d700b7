#include "client/application.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/session.h"

namespace modlab::client {
namespace {

constexpr const char* kFooter = R"(Examples:
  modlab score net.pt                   measure a TorchScript model; starts a local server if none runs
  modlab score net.pt -k 4 -o json      the same for scripts
  modlab job list --state running
  modlab --server unix:/tmp/lab.sock model list

The server is the one that --server, MODLAB_SERVER, or a line server = "HOST:PORT" in
$XDG_CONFIG_HOME/modlab/config names (`modlab server use` writes it), in this order; if none
does, a server of your own, on this machine, which starts when it is needed and leaves when
it is idle. HOST:PORT is spoken to with TLS.

Exit codes:
  0    ok
  1    the job failed or was cancelled, or the model cannot be used
  2    usage: the command line, a local file or the configuration is wrong
  3    not found: there is no such model, job or artifact
  5    server unreachable: it does not answer, or could not be started
  6    refused: the server will not do this
  7    the wait timed out; the job goes on
  130  interrupted by Ctrl-C; the job goes on)";

void Define(CLI::App& app, GlobalOptions& options, Action& chosen) {
  app.name("modlab");
  app.fallthrough();  // so that the options below may stand behind a command too
  app.require_subcommand(1);
  app.set_version_flag("--version", "modlab " MODLAB_VERSION, "Print this program's version");
  CredentialFiles& files = options.server.files;
  app.add_option("--server", options.server.server,
                 "HOST:PORT, unix:PATH, a socket's absolute path, or a name given by `modlab server add`")
      ->type_name("ADDRESS");
  app.add_option("--ca", files.ca, "Certificate (PEM) that signs the server's, for HOST:PORT (or MODLAB_CA)")
      ->type_name("FILE");
  app.add_option("--token-file", files.token,
                 "Holds your token and can be read by you alone; - for standard input (or MODLAB_TOKEN_FILE)")
      ->type_name("FILE");
  app.add_option("--cert", files.certificate, "Your certificate (PEM), in place of a token (or MODLAB_CERT)")
      ->type_name("FILE");
  app.add_option("--key", files.key, "Its key (PEM) (or MODLAB_KEY)")->type_name("FILE");
  app.add_flag("--insecure", options.server.insecure,
               "Speak to HOST:PORT without encryption or authentication (or MODLAB_INSECURE=1)");
  AddChoice<Format>(
      app, "-o,--output",
      {{"table", Format::kTable}, {"wide", Format::kWide}, {"json", Format::kJson}, {"jsonl", Format::kJsonl}},
      [&options](Format format) { options.format = format; },
      "table (default); wide: more columns; json: proto3 JSON of what the server says; jsonl: one line of it for each "
      "item of a list, or event")
      ->option_text("FORMAT");
  AddDuration(app, "--timeout", options.timeout,
              "How long the command may take: a call that is not answered by then ends with exit code 5, a wait or a "
              "transfer with 7 (default: 10s for each call; waits and transfers take as long as they take). Starting a "
              "local server is not counted");
  app.add_flag("-q,--quiet", options.quiet, "Print the id alone, and no progress");
  app.footer(kFooter);
  AddScoreCommand(app, chosen);
  AddModelCommands(app, chosen);
  AddJobCommands(app, chosen);
  AddServerCommands(app, chosen);
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
  CLI::App app("modlab measures how modular neural networks are.");
  GlobalOptions options;
  Action chosen;
  Define(app, options, chosen);
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
