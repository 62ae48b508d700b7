#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <utility>

#include "core/graph/model_reader.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/job.h"
#include "server/worker/warm_up.h"

namespace {

// Ends the process without the destructors of LibTorch's globals, which take longer than a small job. A sanitizer looks
// for leaks in them.
[[noreturn]] void Leave(int status) {
#ifdef MODLAB_SANITIZED
  std::exit(status);
#else
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(status);
#endif
}

}  // namespace

#ifdef MODLAB_SANITIZED
// The sandbox does not let LeakSanitizer stop the threads at the end.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main(int argc, char** argv) {
  CLI::App app(
      "Runs one job and leaves. Reads the path of the attempt's directory from standard input, after loading LibTorch. "
      "Started by modlab-supervisor, which enforces limits.\n"
      "Exit status: 0 a result or an error was written, or no job came; 1 neither could be written; 2 usage; 75 "
      "stopped when asked to (SIGTERM); 76 the sandbox is not sufficient; 77 the disk is full.");
  modlab::server::WorkerOptions options;
  int ready_descriptor = -1;
  std::string sandbox = modlab::server::ToString(options.sandbox);
  app.set_version_flag("--version", "modlab-worker " MODLAB_VERSION);
  app.add_option("--ready-fd", ready_descriptor,
                 "Descriptor that gets a line when the worker waits for its job, and one that says what holds it in");
  app.add_option("--sandbox", sandbox, "required, best-effort or off [required]")
      ->check(CLI::IsMember({"required", "best-effort", "off"}));
  app.add_flag("--namespaces", options.namespaces, "This process is in mount, network and IPC namespaces of its own");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    options.sandbox = *modlab::server::ParseSandboxMode(sandbox);
    modlab::Model::InitialiseLibTorch();
    modlab::server::WarmUp();
    if (ready_descriptor >= 0) {
      options.reports = modlab::server::FileDescriptor(ready_descriptor);
      modlab::server::WriteAll(ready_descriptor, "\n");
    }
    std::string path;
    if (!std::getline(std::cin, path)) return 0;
    Leave(modlab::server::RunJob(modlab::server::AttemptDirectory(path), std::move(options)));
  } catch (const std::exception& error) {
    std::cerr << "modlab-worker: " << error.what() << "\n";
    return 1;
  }
}
