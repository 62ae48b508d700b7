#include "server/supervisor/probe.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <iostream>

#include "server/executor/files.h"
#include "server/sandbox/namespaces.h"
#include "server/supervisor/supervision.h"

namespace modlab::server {
namespace {

int Try(const AttemptDirectory& directory, SandboxOptions options) {
  options.namespaces = EnterNamespaces();
  const SandboxLevel level = EnterSandbox(directory, options);
  const bool refused = options.mode == SandboxMode::kRequired && !level.Sufficient();
  std::cout << (refused ? level.missing : level.Describe()) << std::endl;
  return refused ? kSupervisorSandboxInsufficient : 0;
}

}  // namespace

int ProbeSandbox(const AttemptDirectory& directory, SandboxOptions options) {
  const pid_t child = ::fork();
  if (child < 0) ThrowErrno("start a process");
  if (child == 0) {
    int status = 1;
    try {
      status = Try(directory, options);
    } catch (const std::exception& error) {
      std::cout << error.what() << std::endl;
      status = kSupervisorSandboxInsufficient;
    }
    ::_exit(status);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  std::cout << "the sandbox kills the process that enters it" << std::endl;
  return kSupervisorSandboxInsufficient;
}

}  // namespace modlab::server
