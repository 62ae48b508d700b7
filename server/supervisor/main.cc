#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "server/supervisor/probe.h"
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
      "attempt's directory cannot be used; 5 the sandbox is not sufficient (of --probe-sandbox).");
  modlab::server::SupervisorOptions options;
  app.set_version_flag("--version", "modlab-supervisor " MODLAB_VERSION);
  std::string sandbox = modlab::server::ToString(options.sandbox);
  std::string probe;
  unsigned uid = 0;
  auto* worker = app.add_option("--worker", options.worker, "Path of modlab-worker");
  app.add_option("--sandbox", sandbox, "required, best-effort or off [required]")
      ->check(CLI::IsMember({"required", "best-effort", "off"}));
  app.add_option("--probe-sandbox", probe, "Only try the sandbox on this directory, with in/ and out/artifacts/ in it")
      ->excludes(worker);
  app.add_option("--uid", uid, "Uid to change to while probing");
  app.add_option("--cgroup", options.cgroup, "A cgroup in which the worker gets one of its own");
  try {
    app.parse(argc, argv);
    if (probe.empty() && options.worker.empty()) throw CLI::RequiredError("--worker");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    options.sandbox = *modlab::server::ParseSandboxMode(sandbox);
    if (!probe.empty()) {
      modlab::server::SandboxOptions tried;
      tried.mode = options.sandbox;
      if (uid != 0) tried.uid = uid;
      return modlab::server::ProbeSandbox(modlab::server::AttemptDirectory(probe), tried);
    }
    return modlab::server::Supervise(options);
  } catch (const std::exception& error) {
    std::cerr << "modlab-supervisor: " << error.what() << "\n";
    return 1;
  }
}
