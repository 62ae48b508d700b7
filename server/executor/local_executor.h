#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "server/executor/executor.h"
#include "server/executor/files.h"
#include "server/sandbox/sandbox.h"

namespace modlab::server {

struct LocalExecutorOptions {
  std::filesystem::path supervisor;  ///< Program modlab-supervisor.
  std::filesystem::path worker;      ///< Program modlab-worker.
  int warm = 2;                      ///< How many pairs of supervisor and worker wait for a job.
  SandboxMode sandbox = SandboxMode::kRequired;
  std::filesystem::path cgroup;  ///< DelegatedCgroup::path; empty: none.
};

/// Attempts as processes of this machine: a modlab-supervisor each, in a session of its own, so that it outlives the
/// daemon. It learns its attempt from a line on its standard input, and leaves if that closes before.
///
/// A process's name is its pid, its start time and the machine's boot, so that a pid that came back is not mistaken.
class LocalExecutor : public Executor {
 public:
  explicit LocalExecutor(LocalExecutorOptions options) : options_(std::move(options)) {}

  std::string Prepare() override;
  void Assign(const std::string& process, const std::filesystem::path& attempt) override;
  bool Running(const std::string& process) override;
  void Cancel(const std::string& process, bool force) override;
  void KeepWarm() override;
  int warm() const override { return static_cast<int>(warm_.size()); }
  /// Lets go of this process's children that have ended. Nobody else here may wait for one.
  static void Reap();

 private:
  /// A supervisor of ours that waits for its attempt.
  struct Waiting {
    std::string name;
    pid_t pid = 0;
    FileDescriptor assignment;  ///< Its standard input.
    std::chrono::steady_clock::time_point started;
  };
  Waiting Spawn() const;
  void DropDead();

  LocalExecutorOptions options_;
  std::vector<Waiting> warm_;
  std::map<std::string, Waiting> prepared_;
  /// Not before this are warm workers started again after some have died young.
  std::chrono::steady_clock::time_point warm_again_;
};

}  // namespace modlab::server
