#include "server/worker/job.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "core/build/model_builder.h"
#include "core/error.h"
#include "core/run_context.h"
#include "modlab/internal/attempt.pb.h"
#include "server/executor/deterministic_bytes.h"
#include "server/executor/files.h"
#include "server/network/network.h"
#include "server/worker/compose.h"
#include "server/worker/event_sink.h"
#include "server/worker/export.h"
#include "server/worker/import_dataset.h"
#include "server/worker/inspect.h"
#include "server/worker/mapping.h"
#include "server/worker/provenance.h"
#include "server/worker/resource_limits.h"
#include "server/worker/score.h"
#include "server/worker/train.h"

namespace modlab::server {
namespace {

constexpr int64_t kMaxSpecBytes = 16 << 20;

std::atomic<RunContext*> cancelled_by_signal = nullptr;
static_assert(std::atomic<RunContext*>::is_always_lock_free, "used in a signal handler");

// While it lives, SIGTERM cancels the context.
class CancelOnSigterm {
 public:
  explicit CancelOnSigterm(RunContext& context) {
    cancelled_by_signal = &context;
    struct sigaction action {};
    action.sa_handler = [](int) {
      if (RunContext* context = cancelled_by_signal) context->Cancel();
    };
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGTERM, &action, nullptr);
  }
  ~CancelOnSigterm() { cancelled_by_signal = nullptr; }
  CancelOnSigterm(const CancelOnSigterm&) = delete;
  CancelOnSigterm& operator=(const CancelOnSigterm&) = delete;
};

internal::AttemptSpec ReadSpec(const AttemptDirectory& directory) {
  const auto bytes = ReadUntrusted(directory.spec(), kMaxSpecBytes);
  internal::AttemptSpec spec;
  if (!bytes || !spec.ParseFromString(*bytes)) throw std::runtime_error(directory.spec().string() + " is no spec");
  if (spec.spec().resources().threads() < 1) throw std::runtime_error("a job without any thread");
  return spec;
}

ResourceLimits LimitsOf(const v1::Resources& resources, const AttemptLimits& attempt) {
  ResourceLimits limits;
  limits.memory_bytes = resources.memory_bytes();
  limits.file_bytes = attempt.disk_bytes;
  // All threads busy all the time, and a minute for rounding.
  if (attempt.wall_milliseconds > 0) {
    limits.cpu_seconds = (attempt.wall_milliseconds / 1000 + 1) * resources.threads() + 60;
  }
  limits.threads = resources.threads();
  if (attempt.uid != 0) limits.tasks = attempt.threads;
  return limits;
}

// False where the sandbox is not sufficient, which is told on standard error then.
bool EnterSandboxOrTell(const AttemptDirectory& assigned, const AttemptLimits& limits, WorkerOptions& options) {
  SandboxOptions wanted;
  wanted.mode = options.sandbox;
  wanted.namespaces = options.namespaces;
  if (limits.uid != 0) wanted.uid = static_cast<uid_t>(limits.uid);
  try {
    const SandboxLevel level = EnterSandbox(assigned, wanted);
    if (options.sandbox == SandboxMode::kRequired && !level.Sufficient()) throw std::runtime_error(level.missing);
    if (options.reports.valid()) WriteAll(options.reports.get(), level.Describe() + "\n");
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return false;
  }
  options.reports = FileDescriptor();
  return true;
}

v1::JobResult RunKind(const AttemptDirectory& directory, internal::AttemptSpec spec, const std::string& cpu,
                      EventSink& events, RunContext& context, internal::WorkerResult& files) {
  v1::JobSpec& job = *spec.mutable_spec();
  v1::JobResult result;
  std::vector<v1::PhaseTiming> parts;  // of phases, where a job tells them apart
  switch (job.kind_case()) {
    case v1::JobSpec::kInspect:
      *result.mutable_inspect() = Inspect(*job.mutable_inspect(), directory, events, context);
      break;
    case v1::JobSpec::kScore:
      *result.mutable_score() =
          Score(*job.mutable_score(), job.seed(), directory, events, context, *files.mutable_artifacts());
      break;
    case v1::JobSpec::kGraph:
      *result.mutable_graph() = Export(*job.mutable_graph(), directory, events, context, *files.mutable_artifacts());
      break;
    case v1::JobSpec::kImportDataset:
      *result.mutable_import_dataset() = ImportDataset(job.import_dataset(), directory, context);
      break;
    case v1::JobSpec::kBuild:
      context.Report("write");
      BuildModel(NetworkOf(job.build()), job.seed(), directory.product());
      result.mutable_build();
      break;
    case v1::JobSpec::kCompose:
      *result.mutable_compose() = ComposeModels(job.compose(), job.seed(), directory, context);
      break;
    case v1::JobSpec::kTrain:
      *result.mutable_train() = TrainModel(job.train(), spec.data_normalization(), job.seed(), directory, events,
                                           context, *files.mutable_artifacts(), parts);
      break;
    case v1::JobSpec::KIND_NOT_SET:
      throw std::logic_error("a job of a kind that this worker does not know");
  }
  std::vector<v1::PhaseTiming> timings = events.Timings();
  timings.insert(timings.end(), parts.begin(), parts.end());
  *result.mutable_provenance() = MakeProvenance(spec, timings, cpu);
  return result;
}

// Runs the job; what goes wrong becomes the job's error.
internal::WorkerResult ResultOrError(const AttemptDirectory& directory, const internal::AttemptSpec& spec,
                                     const std::string& cpu, EventSink& events, RunContext& context) {
  internal::WorkerResult result;
  const int64_t memory_bytes = spec.spec().resources().memory_bytes();
  try {
    *result.mutable_result() = RunKind(directory, spec, cpu, events, context, result);
  } catch (const Error& error) {
    *result.mutable_error() = error.kind() == ErrorKind::kOutOfMemory
                                  ? OutOfMemory(error.what(), memory_bytes, events.phase())
                                  : ToProto(error, events.phase());
  } catch (const std::bad_alloc& error) {
    *result.mutable_error() = OutOfMemory(error.what(), memory_bytes, events.phase());
  } catch (const Cancelled&) {
    throw;
  } catch (const std::system_error& error) {
    if (IsDiskFull(error.code())) throw;
    *result.mutable_error() = InternalFault(error.what(), events.phase());
  } catch (const std::exception& error) {
    *result.mutable_error() = InternalFault(error.what(), events.phase());
  }
  return result;
}

// Writes the job's result, or its error.
int RunConfined(const AttemptDirectory& directory, const internal::AttemptSpec& spec, const std::string& cpu) {
  const int threads = spec.spec().resources().threads();
  EventSink events(directory.events());
  RunContext context(
      threads, [&events](std::string_view phase, std::optional<double> fraction) { events.Progress(phase, fraction); });
  const CancelOnSigterm cancel(context);
  WriteFileAtomically(directory.result(), DeterministicBytes(ResultOrError(directory, spec, cpu, events, context)));
  return 0;
}

}  // namespace

int RunJob(const AttemptDirectory& assigned, WorkerOptions options) {
  std::filesystem::create_directories(assigned.artifacts());
  internal::AttemptSpec spec;
  AttemptLimits limits;
  try {
    spec = ReadSpec(assigned);
    limits = ReadLimits(assigned).value_or(limits);
  } catch (const std::exception& error) {
    internal::WorkerResult result;
    *result.mutable_error() = InternalFault(error.what(), "");
    WriteFileAtomically(assigned.result(), DeterministicBytes(result));
    return 0;
  }
  const std::string cpu = CpuName();  // Not to be had any more in the sandbox.
  LimitResources(LimitsOf(spec.spec().resources(), limits));
  if (!EnterSandboxOrTell(assigned, limits, options)) return kWorkerSandboxStatus;

  const AttemptDirectory directory(".");
  try {
    return RunConfined(directory, spec, cpu);
  } catch (const Cancelled&) {
    return kWorkerCancelledStatus;
  } catch (const std::system_error& error) {
    if (!IsDiskFull(error.code())) throw;
    std::cerr << error.what() << std::endl;
    return kWorkerDiskFullStatus;
  }
}

}  // namespace modlab::server
