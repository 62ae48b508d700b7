#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <exception>

#include "server/admin/admin.h"
#include "server/daemon.h"

int main(int argc, char** argv) {
  if (modlab::server::IsAdminCommand(argc, argv)) return modlab::server::RunAdminCommand(argc, argv);
  int exit_code = 1;
  try {
    const auto options = modlab::server::ParseOptions(argc, argv, &exit_code);
    if (!options) return exit_code;
    spdlog::set_default_logger(spdlog::stderr_logger_mt("modlabd"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    spdlog::set_level(spdlog::level::from_str(options->log_level));
    return modlab::server::RunDaemon(*options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "modlabd: {}\n", error.what());
    return 1;
  }
}
