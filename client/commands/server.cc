#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/commands/server_flow.h"
#include "client/compatibility.h"
#include "client/credentials.h"
#include "client/named_servers.h"
#include "client/output/json.h"
#include "client/stop_wait.h"

namespace modlab::client {
namespace {

struct NoServerOptions {};

ExitCode Start(Session& session, const NoServerOptions& /*command*/) {
  if (!session.is_local()) {
    throw UsageError(
        "a server is configured, and `modlab server start` starts a local one; leave out --server and unset "
        "MODLAB_SERVER, and the server of the configuration file, first");
  }
  Connection& connection = session.Connect();
  PrintServer(session, connection, GetServer(connection));
  return ExitCode::kOk;
}

ExitCode Status(Session& session, const NoServerOptions& /*command*/) {
  Connection& connection = session.ConnectToRunning();
  const v1::Server server = GetServer(connection);
  PrintServer(session, connection, server);
  if (!SpeaksOurProtocol(server)) session.Note(ExplainUnimplemented(connection.name(), server).what());
  return ExitCode::kOk;
}

struct StopCommand {
  bool jobs = false;
};

ExitCode Stop(Session& session, const StopCommand& command) {
  Connection& connection = session.ConnectToRunning();
  const v1::Server server = GetServer(connection);
  v1::StopServerRequest request;
  request.set_requeue_jobs(command.jobs);
  // Sent once: a second one could meet the server that was started in place of the first.
  const v1::StopServerResponse response = connection.Call(&v1::ServerService::Stub::StopServer, request);
  AwaitStop(connection, server);
  session.Note(response.running_jobs() == 0
                   ? "the server has stopped"
                   : fmt::format("the server has stopped; {} running jobs go on, and the next start takes them up",
                                 response.running_jobs()));
  return ExitCode::kOk;
}

struct AddServer {
  std::string name;
  std::string address;
};

ExitCode Add(Session& session, const AddServer& command) {
  ServerSettings settings = session.server_flags();
  if (settings.server) throw UsageError("the address stands behind the name, without --server");
  ServerAddress address = ParseServerAddress(command.address);
  settings.server = command.address;
  std::optional<std::string> token;
  if (settings.files.token == "-") {
    token = ReadToken("-");
    settings.files.token.clear();
  }
  address.insecure = settings.insecure;
  address.files = settings.files;
  MakeCredentials(address);  // what is wrong with the files is told now, not when they are needed
  AddNamedServer(session.environment(), command.name, settings, token);
  session.Note(fmt::format("added; `modlab server use {}` makes it the one that commands talk to", command.name));
  return ExitCode::kOk;
}

struct NameOption {
  std::string name;
};

ExitCode Use(Session& session, const NameOption& command) {
  if (command.name == "local") {
    SetDefaultServer(session.environment(), std::nullopt);
    return ExitCode::kOk;
  }
  if (!ReadNamedServers(session.environment()).contains(command.name)) {
    throw UsageError(fmt::format("there is no server {}; `modlab server list` shows them, `modlab server add` adds one",
                                 command.name));
  }
  SetDefaultServer(session.environment(), command.name);
  return ExitCode::kOk;
}

ExitCode Remove(Session& session, const NameOption& command) {
  RemoveNamedServer(session.environment(), command.name);
  if (ReadConfigFile(ConfigPath(session.environment())).server == command.name) {
    SetDefaultServer(session.environment(), std::nullopt);
  }
  return ExitCode::kOk;
}

struct ListedServer {
  std::string name;
  std::string address;
  bool used;
};

std::string TextOf(const ListedServer& server) {
  return fmt::format("{} {:16} {}\n", server.used ? "*" : " ", server.name,
                     server.address.empty() ? "a server of your own, on this machine" : server.address);
}

std::string JsonOf(const ListedServer& server) {
  return fmt::format(R"({{"name":{},"address":{},"used":{}}})", JsonString(server.name), JsonString(server.address),
                     server.used);
}

ExitCode ListServers(Session& session, const NoServerOptions& /*command*/) {
  const std::string used = ReadConfigFile(ConfigPath(session.environment())).server.value_or("local");
  std::vector<ListedServer> servers = {{"local", "", used == "local"}};
  for (const auto& [name, settings] : ReadNamedServers(session.environment())) {
    servers.push_back({name, settings.server.value_or(""), used == name});
  }
  std::string text;
  for (const ListedServer& server : servers) {
    if (session.quiet()) {
      text += server.name + '\n';
    } else if (session.jsonl()) {
      text += JsonOf(server) + '\n';
    } else if (session.json()) {
      text += (text.empty() ? "" : ",") + ("\n  " + JsonOf(server));
    } else {
      text += TextOf(server);
    }
  }
  const bool whole = session.json() && !session.jsonl() && !session.quiet();
  session.PrintData(whole ? fmt::format("{{\n \"servers\": [{}\n ]\n}}\n", text) : text);
  return ExitCode::kOk;
}

void AddNamingCommands(CLI::App& family, Action& chosen) {
  CLI::App* add = AddCommand<AddServer>(
      family, chosen, "add", "Give a server a name, with the files that go with it",
      [](CLI::App& command, AddServer& options) {
        command.add_option("name", options.name, "A short name")->required()->option_text("NAME");
        command.add_option("address", options.address, "HOST:PORT, unix:PATH or a socket's absolute path")
            ->required()
            ->option_text("ADDRESS");
      },
      Add);
  AddExamples(*add, {"modlab server add lab lab.example:7443 --ca ca.pem --token-file alice.token",
                     "modlab server add lab lab.example:7443 --ca ca.pem --token-file - < token"});
  const auto name = [](CLI::App& command, NameOption& options) {
    Takes(ValueKind::kServer, command.add_option("name", options.name, "Its name")->required()->option_text("NAME"));
  };
  CLI::App* use = AddCommand<NameOption>(
      family, chosen, "use", "Make a server the one that commands talk to; `local` for your own", name, Use);
  AddExamples(*use, {"modlab server use lab", "modlab server use local"});
  CLI::App* list = AddCommand<NoServerOptions>(
      family, chosen, "list", "Show the servers that have names", [](CLI::App&, NoServerOptions&) {}, ListServers);
  AddExamples(*list, {"modlab server list", "modlab server list -o jsonl"});
  CLI::App* remove = AddCommand<NameOption>(family, chosen, "remove",
                                            "Forget a server, and the token that was kept with it", name, Remove);
  AddExamples(*remove, {"modlab server remove lab"});
}

}  // namespace

void AddServerCommands(CLI::App& app, Action& chosen) {
  CLI::App* family = app.add_subcommand("server", "Start, stop, drain and look at the server, and give servers names");
  family->require_subcommand(1);
  const auto nothing = [](CLI::App&, NoServerOptions&) {};

  CLI::App* start = AddCommand<NoServerOptions>(
      *family, chosen, "start", "Start this user's local server; every command that needs one does so too", nothing,
      Start);
  AddExamples(*start, {"modlab server start"});

  CLI::App* status = AddCommand<NoServerOptions>(
      *family, chosen, "status", "Show the server's version, load and limits; starts none", nothing, Status);
  AddExamples(*status, {"modlab server status", "modlab server status -o json"});

  AddQueueCommand(*family, chosen);
  AddDrainCommands(*family, chosen);

  const auto define_stop = [](CLI::App& command, StopCommand& options) {
    command.add_flag("--jobs", options.jobs, "End running jobs first; the next start begins them anew");
  };
  CLI::App* stop = AddCommand<StopCommand>(*family, chosen, "stop",
                                           "Stop the server; running jobs go on, and the next start takes them up",
                                           define_stop, Stop);
  AddExamples(*stop, {"modlab server stop", "modlab server stop --jobs"});
  AddNamingCommands(*family, chosen);
}

}  // namespace modlab::client
