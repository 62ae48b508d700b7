#include "client/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "client/local_daemon.h"
#include "client/named_servers.h"
#include "client/output/text.h"

namespace modlab::client {

Session::Session(GlobalOptions options, Environment environment)
    : options_(std::move(options)), environment_(std::move(environment)), deadline_(DeadlineAfter(options_.timeout)) {}

const std::optional<ServerAddress>& Session::address() {
  if (!has_address_) {
    address_ = ChooseServer(options_.server, SettingsOf(environment_), ReadConfigFile(ConfigPath(environment_)),
                            ReadNamedServers(environment_));
    has_address_ = true;
  }
  return address_;
}

Connection& Session::Connect() {
  if (!connection_) connection_ = address() ? std::make_unique<Connection>(*address()) : ConnectLocal(environment_);
  connection_->set_deadline(deadline_);
  return *connection_;
}

Connection& Session::ConnectToRunning() {
  if (!connection_ && is_local()) {
    connection_ = FindLocal(environment_);
    if (!connection_) {
      throw Failure(
          ExitCode::kUnreachable,
          "no local server is running; `modlab server start` starts one, and so does every command that needs "
          "one");
    }
  }
  return Connect();
}

void Session::RestartLocalServer() {
  if (is_local()) ConnectLocal(environment_);
}

void Session::Print(const google::protobuf::Message& message, std::string_view ids,
                    const std::function<std::string(const TextStyle&)>& table) const {
  if (quiet()) {
    PrintData(ids.empty() ? "" : fmt::format("{}\n", ids));
  } else if (json()) {
    PrintData(jsonl() ? JsonLine(message) : Json(message));
  } else {
    TextStyle style = StyleOf(STDOUT_FILENO, environment_);
    style.wide = options_.format == Format::kWide;
    PrintData(table(style));
  }
}

void Session::PrintData(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw UsageError("cannot write to standard output");
  }
}

void Session::Note(std::string_view sentence) const {
  if (!quiet()) fmt::print(stderr, "modlab: {}\n", Printable(sentence));
}

std::unique_ptr<Progress> Session::StartProgress(Progress::Clock::duration delay) const {
  const auto write = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  const Progress::Style style = quiet()                                   ? Progress::Style::kSilent
                                : IsTerminal(STDERR_FILENO, environment_) ? Progress::Style::kBar
                                                                          : Progress::Style::kLines;
  const int width = StyleOf(STDERR_FILENO, environment_).width;
  return std::make_unique<Progress>(style, width, write, Progress::Clock::now, delay);
}

std::string Session::CommandLine(std::string_view arguments) const {
  std::string line = "modlab";
  if (options_.server.server) line += " --server " + *options_.server.server;
  if (options_.server.insecure) line += " --insecure";
  for (const auto& [flag, file] :
       {std::pair(" --ca ", &options_.server.files.ca), std::pair(" --token-file ", &options_.server.files.token),
        std::pair(" --cert ", &options_.server.files.certificate), std::pair(" --key ", &options_.server.files.key)}) {
    if (!file->empty()) line += flag + *file;
  }
  return fmt::format("{} {}", line, arguments);
}

}  // namespace modlab::client
