#include "server/supervisor/supervision.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "server/executor/attempt_directory.h"
#include "server/executor/disk_usage.h"
#include "server/supervisor/worker_log.h"
#include "server/supervisor/worker_process.h"

namespace modlab::server {
namespace {

using Clock = std::chrono::steady_clock;

// How often time and memory are looked at. Whatever else happens wakes us at once.
constexpr int kLookMilliseconds = 20;
constexpr int64_t kDiskLookMilliseconds = 250;
constexpr auto kDiskFullPause = std::chrono::milliseconds(250);
constexpr size_t kMaxPathBytes = 4096;

int64_t MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

std::string Mebibytes(int64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

// The signals that mean something to a supervisor, as a descriptor. All others that could end it are ignored.
class Signals {
 public:
  struct Seen {
    bool cancel = false;
    bool kill = false;
    bool child = false;
  };

  Signals() {
    for (const int ignored : {SIGHUP, SIGINT, SIGPIPE}) ::signal(ignored, SIG_IGN);
    sigset_t watched;
    ::sigemptyset(&watched);
    for (const int signal : {SIGTERM, SIGUSR1, SIGCHLD}) ::sigaddset(&watched, signal);
    ::sigprocmask(SIG_BLOCK, &watched, nullptr);
    descriptor_ = FileDescriptor(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_.valid()) ThrowErrno("watch signals");
  }

  int descriptor() const { return descriptor_.get(); }

  Seen Take() {
    Seen seen;
    signalfd_siginfo info{};
    while (::read(descriptor_.get(), &info, sizeof(info)) == sizeof(info)) {
      seen.cancel |= info.ssi_signo == SIGTERM;
      seen.kill |= info.ssi_signo == SIGUSR1;
      seen.child |= info.ssi_signo == SIGCHLD;
    }
    return seen;
  }

 private:
  FileDescriptor descriptor_;
};

// Waits until one of the descriptors (-1: not looked at) can be read or was closed, or the time is over.
template <size_t N>
std::array<bool, N> WaitReadable(const std::array<int, N>& descriptors, int timeout_milliseconds) {
  std::array<pollfd, N> polled{};
  for (size_t i = 0; i < N; ++i) polled[i] = {descriptors[i], POLLIN, 0};
  if (::poll(polled.data(), N, timeout_milliseconds) < 0 && errno != EINTR) ThrowErrno("poll");
  std::array<bool, N> readable{};
  for (size_t i = 0; i < N; ++i) readable[i] = polled[i].revents != 0;
  return readable;
}

// One attempt, from the assignment to the worker's end.
class Attempt {
 public:
  Attempt(const AttemptDirectory& directory, const AttemptLimits& limits, WorkerProcess& worker)
      : directory_(directory), limits_(limits), worker_(worker), log_(directory.log(), limits.log_bytes) {
    if (worker_.ready()) PassOn();
  }

  AttemptEnd Run(Signals& signals) {
    std::optional<WorkerProcess::Exit> exit;
    while (!exit) {
      const auto [signalled, reported, printed] = WaitReadable<3>(
          {signals.descriptor(), worker_.report_descriptor(), output_open_ ? worker_.output_descriptor() : -1},
          kLookMilliseconds);
      if (reported) worker_.ReadReport();
      if (worker_.ready() && !passed_on_) PassOn();
      if (printed) CopyOutput();
      if (signalled) {
        const Signals::Seen seen = signals.Take();
        if (seen.cancel) Cancel();
        if (seen.kill) Stop(How::kCancelled, "");
        if (seen.child) exit = worker_.Reap();
      }
      if (!exit) EnforceLimits();
    }
    // Every writer is dead: what is left in the pipes is all there will ever be.
    while (output_open_) CopyOutput();
    while (worker_.report_descriptor() >= 0) worker_.ReadReport();
    return Describe(*exit);
  }

 private:
  using How = AttemptEnd::How;

  void PassOn() {
    passed_on_ = true;
    baseline_bytes_ = worker_.CurrentUsage().memory_bytes;
    worker_.Limit({.memory_bytes = limits_.memory_bytes, .threads = limits_.threads, .cpus = limits_.cpus});
    worker_.Assign(directory_.root().string());
  }

  void CopyOutput() {
    const std::optional<std::string> bytes = ReadSome(worker_.output_descriptor());
    if (!bytes) {
      output_open_ = errno == EINTR;
    } else if (bytes->empty()) {
      output_open_ = false;
    } else {
      log_.Append(*bytes);
    }
  }

  void Cancel() {
    if (stopped_) return;
    stopped_ = How::kCancelled;
    cancel_milliseconds_ = MillisecondsSince(start_);
    worker_.Terminate();
  }

  // The first reason stands.
  void Stop(How how, const std::string& message) {
    if (!stopped_) {
      stopped_ = how;
      stop_message_ = message;
    }
    worker_.Kill();
  }

  void EnforceLimits() {
    const int64_t elapsed = MillisecondsSince(start_);
    if (cancel_milliseconds_ && elapsed - *cancel_milliseconds_ >= limits_.grace_milliseconds) {
      Stop(How::kCancelled, "");
    }
    if (limits_.wall_milliseconds > 0 && elapsed >= limits_.wall_milliseconds) {
      Stop(How::kTimeLimit, "used up its " + std::to_string(limits_.wall_milliseconds) + " ms");
    }
    if (!passed_on_) return;
    const WorkerProcess::Usage usage = worker_.CurrentUsage();
    const int64_t memory = usage.memory_bytes - baseline_bytes_;
    if (limits_.memory_bytes > 0 && memory > limits_.memory_bytes) {
      Stop(How::kMemoryLimit, "held " + Mebibytes(memory) + "; the limit is " + Mebibytes(limits_.memory_bytes));
    }
    if (limits_.threads > 0 && usage.threads > limits_.threads) {
      Stop(How::kThreadLimit,
           "had " + std::to_string(usage.threads) + " threads; the limit is " + std::to_string(limits_.threads));
    }
    if (elapsed < next_disk_look_) return;
    next_disk_look_ = elapsed + kDiskLookMilliseconds;
    worker_.KeepLimits();
    const DiskUsage disk = MeasureDiskUsage(directory_.out(), limits_.files > 0 ? limits_.files + 1 : INT64_MAX);
    if (limits_.disk_bytes > 0 && disk.bytes > limits_.disk_bytes) {
      Stop(How::kDiskLimit, "wrote " + Mebibytes(disk.bytes) + "; the limit is " + Mebibytes(limits_.disk_bytes));
    }
    if (limits_.files > 0 && disk.files > limits_.files) {
      Stop(How::kDiskLimit, "made more than " + std::to_string(limits_.files) + " files");
    }
  }

  AttemptEnd Describe(const WorkerProcess::Exit& exit) const {
    AttemptEnd end;
    end.peak_memory_bytes = exit.peak_memory_bytes;
    end.wall_milliseconds = MillisecondsSince(start_);
    end.sandbox = worker_.sandbox();
    const bool exited = WIFEXITED(exit.wait_status);
    end.status = exited ? WEXITSTATUS(exit.wait_status) : WTERMSIG(exit.wait_status);
    const bool finished = exited && end.status == 0;  // what it was asked to stop, or what it made of it
    if (stopped_ == How::kCancelled && !finished) {
      end.how = How::kCancelled;
      end.message = exited ? "stopped when asked to" : "killed after it was asked to stop";
    } else if (exit.met_memory_limit && !exited && end.status == SIGKILL && !stopped_) {
      end.how = How::kMemoryLimit;
      end.message = "needed more than its limit of " + Mebibytes(limits_.memory_bytes);
    } else if (exited) {
      // Also where it was finished just before it would have been killed.
      end.how = How::kExited;
    } else if (stopped_) {
      end.how = *stopped_;
      end.message = stop_message_;
    } else {
      end.how = How::kSignaled;
      end.message = ::strsignal(end.status);
    }
    return end;
  }

  const AttemptDirectory& directory_;
  const AttemptLimits& limits_;
  WorkerProcess& worker_;
  WorkerLog log_;
  Clock::time_point start_ = Clock::now();
  bool passed_on_ = false;
  bool output_open_ = true;
  std::optional<How> stopped_;
  std::string stop_message_;
  int64_t baseline_bytes_ = 0;
  int64_t next_disk_look_ = 0;
  std::optional<int64_t> cancel_milliseconds_;
};

class Supervisor {
 public:
  explicit Supervisor(const SupervisorOptions& options) {
    try {
      worker_ = std::make_unique<WorkerProcess>(options.worker, options.sandbox, options.cgroup);
    } catch (const std::runtime_error& error) {
      // Told in the record of the job that will be assigned, where somebody reads it.
      start_error_ = error.what();
    }
  }

  int Run() {
    const std::optional<std::string> path = AwaitAssignment();
    if (!path) return exit_status_;
    const AttemptDirectory directory(*path);
    try {
      Record(directory, RunAttempt(directory));
      return 0;
    } catch (const std::exception& error) {
      std::cerr << "modlab-supervisor: cannot record how the worker for " << *path << " ended: " << error.what()
                << "\n";
      return kSupervisorDirectoryUnusable;
    }
  }

 private:
  // The assigned path; nothing where there is no job to come, with the exit status set.
  std::optional<std::string> AwaitAssignment() {
    std::string line;
    while (line.find('\n') == std::string::npos) {
      if (line.size() > kMaxPathBytes) throw std::runtime_error("standard input is not the path of a directory");
      const auto [assigned, signalled, reported] =
          WaitReadable<3>({STDIN_FILENO, signals_.descriptor(), worker_ ? worker_->report_descriptor() : -1}, -1);
      if (signalled) {
        const Signals::Seen seen = signals_.Take();
        if (seen.cancel || seen.kill) return std::nullopt;
        if (seen.child && worker_ && WorkerDied()) return std::nullopt;
      }
      if (reported) worker_->ReadReport();
      if (!assigned) continue;
      const std::optional<std::string> bytes = ReadSome(STDIN_FILENO);
      if (bytes && bytes->empty()) return std::nullopt;
      if (bytes) line += *bytes;
    }
    CloseStandardInput();
    return line.substr(0, line.find('\n'));
  }

  bool WorkerDied() {
    const std::optional<WorkerProcess::Exit> exit = worker_->Reap();
    if (!exit) return false;
    std::cerr << "modlab-supervisor: the worker "
              << (WIFEXITED(exit->wait_status) ? "left with status " + std::to_string(WEXITSTATUS(exit->wait_status))
                                               : std::string("died: ") + ::strsignal(WTERMSIG(exit->wait_status)))
              << " before it was given a job. It printed: "
              << ReadSome(worker_->output_descriptor()).value_or("nothing") << "\n";
    exit_status_ = kSupervisorWorkerDied;
    return true;
  }

  // A disk that is full has room again some day; until then the attempt is not over.
  static void Record(const AttemptDirectory& directory, const AttemptEnd& end) {
    for (;; std::this_thread::sleep_for(kDiskFullPause)) {
      try {
        return WriteEnd(directory, end);
      } catch (const std::system_error& error) {
        if (!IsDiskFull(error.code())) throw;
      }
    }
  }

  // From here on the daemon may come and go.
  static void CloseStandardInput() {
    const FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ::dup2(null.get(), STDIN_FILENO);
  }

  AttemptEnd RunAttempt(const AttemptDirectory& directory) {
    AttemptEnd failed;
    failed.how = AttemptEnd::How::kStartFailed;
    failed.message = start_error_;
    if (!worker_) return failed;
    try {
      const std::optional<AttemptLimits> limits = ReadLimits(directory);
      if (!limits) throw std::runtime_error("there is no such file");
      return Attempt(directory, *limits, *worker_).Run(signals_);
    } catch (const std::exception& error) {
      worker_.reset();
      failed.message = "the limits of the job, or its log: " + std::string(error.what());
      return failed;
    }
  }

  Signals signals_;
  std::unique_ptr<WorkerProcess> worker_;
  std::string start_error_;
  int exit_status_ = 0;
};

}  // namespace

int Supervise(const SupervisorOptions& options) { return Supervisor(options).Run(); }

}  // namespace modlab::server
