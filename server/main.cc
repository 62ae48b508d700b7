#include <fmt/format.h>

#include <exception>

#include "server/admin/admin.h"
#include "server/daemon.h"
#include "server/telemetry/log.h"

int main(int argc, char** argv) {
  if (modlab::server::IsAdminCommand(argc, argv)) return modlab::server::RunAdminCommand(argc, argv);
  int exit_code = 1;
  try {
    const auto options = modlab::server::ParseOptions(argc, argv, &exit_code);
    if (!options) return exit_code;
    modlab::server::SetUpLog(options->log_level, options->log_format);
    return modlab::server::RunDaemon(*options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "modlabd: {}\n", error.what());
    return 1;
  }
}
