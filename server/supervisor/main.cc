#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "server/supervisor/supervision.h"

namespace {

// Nothing that the daemon has open may reach a model, and no pipe of ours may land on a standard descriptor.
void TidyDescriptors() {
  ::close_range(3, ~0U, 0);
  int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  while (null >= 0 && null <= STDERR_FILENO) null = ::dup(null);
  if (null >= 0) ::close(null);
}

}  // namespace

int main(int argc, char** argv) {
  TidyDescriptors();
  CLI::App app(
      "Runs one job in a worker process and outlives the daemon that started it. Reads the path of the attempt's "
      "directory from standard input; the end is written to the file `ended` there. SIGTERM cancels, SIGUSR1 at once.\n"
      "Exit status: 0 the end was recorded, or no job came; 2 usage; 3 the worker died before a job came; 4 the "
      "attempt's directory cannot be used.");
  modlab::server::SupervisorOptions options;
  app.set_version_flag("--version", "modlab-supervisor " MODLAB_VERSION);
  app.add_option("--worker", options.worker, "Path of modlab-worker")->required();
  app.add_option("--threads", options.threads, "Threads of computation")->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return modlab::server::Supervise(options);
  } catch (const std::exception& error) {
    std::cerr << "modlab-supervisor: " << error.what() << "\n";
    return 1;
  }
}
