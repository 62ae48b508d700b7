#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace modlab::server {

/// Names of inputs in in/: the model and the data set that a job reads.
inline constexpr const char* kModelFile = "model.pt";
inline constexpr const char* kDataFile = "data.safetensors";
inline constexpr const char* kEvaluationDataFile = "evaluation.safetensors";
inline constexpr const char* kHeadFile = "head.pt";
/// A part of what is composed.
inline std::string PartFileName(int index) { return "part-" + std::to_string(index) + ".pt"; }
inline std::string SourceFileName(int index) { return "source-" + std::to_string(index); }

/// The directory of one attempt at a job: all that daemon, supervisor and worker share. No socket is needed, so the
/// same protocol works for a local process, for a node on a shared file system, and across a restart of any of them.
///
///     in/              written by the daemon before the start, then read-only
///       spec.binpb     modlab.internal.AttemptSpec
///       model.pt       copies of the inputs' content, never a hard link, each under a name of its own
///       ...
///     out/             written by the worker; every byte of it is hostile
///       events.log     see event_log.h
///       result.binpb   modlab.internal.WorkerResult; written to result.tmp, synced, renamed
///       artifacts/
///       checkpoint     from which another attempt, which finds it as in/checkpoint, goes on
///       product        the model or data set that the job makes, where it makes one
///     limits           written by the daemon, read by the supervisor: AttemptLimits
///     log              the worker's standard output and error, cut off at a size; written by the supervisor
///     ended            written by the supervisor when the worker is gone: AttemptEnd
class AttemptDirectory {
 public:
  explicit AttemptDirectory(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path in() const { return root_ / "in"; }
  std::filesystem::path spec() const { return root_ / "in/spec.binpb"; }
  std::filesystem::path input(const std::string& file) const { return in() / file; }
  /// One of the files that a data set is made of.
  std::filesystem::path source(int index) const { return input(SourceFileName(index)); }
  std::filesystem::path model() const { return input(kModelFile); }
  std::filesystem::path data() const { return input(kDataFile); }
  std::filesystem::path out() const { return root_ / "out"; }
  std::filesystem::path events() const { return root_ / "out/events.log"; }
  std::filesystem::path result() const { return root_ / "out/result.binpb"; }
  std::filesystem::path given_checkpoint() const { return input("checkpoint"); }
  std::filesystem::path checkpoint() const { return root_ / "out/checkpoint"; }
  std::filesystem::path artifacts() const { return root_ / "out/artifacts"; }
  std::filesystem::path product() const { return root_ / "out/product"; }
  std::filesystem::path limits() const { return root_ / "limits"; }
  std::filesystem::path log() const { return root_ / "log"; }
  std::filesystem::path ended() const { return root_ / "ended"; }

 private:
  std::filesystem::path root_;
};

/// What the supervisor enforces from outside. 0: no limit.
struct AttemptLimits {
  /// Memory above what the worker held when it took the job.
  int64_t memory_bytes = 0;
  int64_t wall_milliseconds = 0;
  /// How long a worker that was asked to end (SIGTERM) may take. Little, as nothing of a cancelled job is kept, and one
  /// that loads a model does not listen.
  int64_t grace_milliseconds = 100;
  /// Size of `log`; what the worker prints beyond it is thrown away.
  int64_t log_bytes = 1 << 20;
  /// What out/ may hold, in bytes on the disk and in files.
  int64_t disk_bytes = 0;
  int64_t files = 0;
  /// Threads of the worker, its own included.
  int64_t threads = 0;
  /// As many CPUs' time, where a cgroup can see to it.
  int64_t cpus = 0;
  /// The uid that the worker changes to; 0: none, it keeps the server's.
  int64_t uid = 0;
};

/// How a worker ended.
struct AttemptEnd {
  enum class How {
    kExited,       ///< By itself; `status` is its exit status.
    kSignaled,     ///< By a signal that the supervisor did not send; `status` is the signal.
    kTimeLimit,    ///< Killed by the supervisor.
    kMemoryLimit,  ///< Killed by the supervisor.
    kDiskLimit,    ///< Killed by the supervisor: out/ holds too much, or too many files.
    kThreadLimit,  ///< Killed by the supervisor.
    kCancelled,    ///< Ended, or was killed, after the supervisor was asked to cancel.
    kStartFailed,  ///< The worker's program could not be run; `message` says why.
  };
  How how = How::kExited;
  int status = 0;
  int64_t peak_memory_bytes = 0;
  int64_t wall_milliseconds = 0;
  std::string message;
  /// What held the model in, as SandboxLevel::Describe says it; empty where the worker ended before.
  std::string sandbox;
};

/// Exit status of a worker that stopped because it was asked to.
inline constexpr int kWorkerCancelledStatus = 75;
/// Exit status of a worker that did not touch the model since the sandbox is not sufficient; it prints what is missing.
inline constexpr int kWorkerSandboxStatus = 76;
/// Exit status of a worker that could not write down what it found since the disk is full.
inline constexpr int kWorkerDiskFullStatus = 77;

/// Lets a worker with an uid of its own search the attempt's directory and read in(), once that is complete. Nobody
/// else gets so far: the directories above are their owner's alone. Throws std::filesystem::filesystem_error.
void OpenToOwnUids(const AttemptDirectory& directory);

/// Text files of `key value` lines, written to a temporary name, synced and renamed. The writers throw
/// std::system_error; the readers return nothing where the file is absent, and throw std::runtime_error where it makes
/// no sense.
void WriteLimits(const AttemptDirectory& directory, const AttemptLimits& limits);
std::optional<AttemptLimits> ReadLimits(const AttemptDirectory& directory);
void WriteEnd(const AttemptDirectory& directory, const AttemptEnd& end);
std::optional<AttemptEnd> ReadEnd(const AttemptDirectory& directory);

}  // namespace modlab::server
