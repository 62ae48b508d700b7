#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "server/jobs/limits.h"
#include "server/rpc/rpc_server.h"
#include "server/sandbox/sandbox.h"
#include "server/telemetry/log.h"

namespace modlab::server {

/// What the command line and the configuration file say; `modlabd --help` explains each.
struct Options {
  std::vector<ListenAddress> listen;
  std::filesystem::path data_directory;
  std::filesystem::path supervisor;
  std::filesystem::path worker;
  TlsFiles tls;
  Limits limits;
  SandboxMode sandbox = SandboxMode::kRequired;
  bool on_demand = false;
  double idle_seconds = 600;
  std::string metrics;  ///< HOST:PORT; empty: none.
  std::string log_level = "info";
  LogFormat log_format = LogFormat::kText;
};

/// Reads them. Nothing where the program is to end at once with `*exit_code`: after --help or --version (0), or after a
/// mistake (2), about which a sentence is on standard error.
std::optional<Options> ParseOptions(int argc, char** argv, int* exit_code);

}  // namespace modlab::server
