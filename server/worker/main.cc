#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "core/graph/model_reader.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/job.h"

namespace {

// Tells the supervisor that everything is loaded. Without one, nobody waits for it.
void SayReady(int descriptor) {
  if (descriptor < 0) return;
  [[maybe_unused]] const ssize_t ignored = ::write(descriptor, "\n", 1);
  ::close(descriptor);
}

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

int main(int argc, char** argv) {
  CLI::App app(
      "Runs one job and leaves. Reads the path of the attempt's directory from standard input, after loading LibTorch. "
      "Started by modlab-supervisor, which enforces limits.\n"
      "Exit status: 0 a result or an error was written, or no job came; 1 neither could be written; 2 usage; 75 "
      "stopped "
      "when asked to (SIGTERM).");
  int threads = 1;
  int ready_descriptor = -1;
  app.set_version_flag("--version", "modlab-worker " MODLAB_VERSION);
  app.add_option("--threads", threads, "Threads of computation")->check(CLI::PositiveNumber);
  app.add_option("--ready-fd", ready_descriptor, "Descriptor that gets a byte when the worker waits for its job");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    modlab::Model::InitialiseLibTorch(threads);
    SayReady(ready_descriptor);
    std::string path;
    if (!std::getline(std::cin, path)) return 0;
    Leave(modlab::server::RunJob(modlab::server::AttemptDirectory(path), threads));
  } catch (const std::exception& error) {
    std::cerr << "modlab-worker: " << error.what() << "\n";
    return 1;
  }
}
