#include "server/worker/job.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>

#include "core/error.h"
#include "core/run_context.h"
#include "modlab/internal/attempt.pb.h"
#include "server/executor/files.h"
#include "server/worker/confine.h"
#include "server/worker/event_sink.h"
#include "server/worker/inspect.h"
#include "server/worker/mapping.h"
#include "server/worker/provenance.h"
#include "server/worker/score.h"

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

internal::AttemptSpec ReadSpec(const AttemptDirectory& directory, int threads) {
  const auto bytes = ReadUntrusted(directory.spec(), kMaxSpecBytes);
  internal::AttemptSpec spec;
  if (!bytes || !spec.ParseFromString(*bytes)) throw std::runtime_error(directory.spec().string() + " is no spec");
  // LibTorch's and OpenBLAS's pools were sized when this process started.
  if (spec.spec().resources().threads() != threads) {
    throw std::logic_error("a job for " + std::to_string(spec.spec().resources().threads()) +
                           " threads was given to a worker with " + std::to_string(threads));
  }
  return spec;
}

v1::JobResult RunKind(const AttemptDirectory& directory, internal::AttemptSpec spec, EventSink& events,
                      RunContext& context, internal::WorkerResult& files) {
  v1::JobSpec& job = *spec.mutable_spec();
  v1::JobResult result;
  switch (job.kind_case()) {
    case v1::JobSpec::kInspect:
      *result.mutable_inspect() = Inspect(*job.mutable_inspect(), directory, events, context);
      break;
    case v1::JobSpec::kScore:
      *result.mutable_score() =
          Score(*job.mutable_score(), job.seed(), directory, events, context, *files.mutable_artifacts());
      break;
    case v1::JobSpec::KIND_NOT_SET:
      throw std::logic_error("a job of a kind that this worker does not know");
  }
  *result.mutable_provenance() = MakeProvenance(spec, events.Timings());
  return result;
}

// Runs the job; what goes wrong becomes the job's error.
internal::WorkerResult ResultOrError(const AttemptDirectory& directory, int threads, EventSink& events,
                                     RunContext& context) {
  internal::WorkerResult result;
  int64_t memory_bytes = 0;
  try {
    const internal::AttemptSpec spec = ReadSpec(directory, threads);
    memory_bytes = spec.spec().resources().memory_bytes();
    Confine({.memory_bytes = memory_bytes, .threads = threads});
    *result.mutable_result() = RunKind(directory, spec, events, context, result);
  } catch (const Error& error) {
    *result.mutable_error() = error.kind() == ErrorKind::kOutOfMemory
                                  ? OutOfMemory(error.what(), memory_bytes, events.phase())
                                  : ToProto(error, events.phase());
  } catch (const std::bad_alloc& error) {
    *result.mutable_error() = OutOfMemory(error.what(), memory_bytes, events.phase());
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    *result.mutable_error() = InternalFault(error.what(), events.phase());
  }
  return result;
}

// The same message always gives the same bytes (maps are sorted).
std::string Serialize(const internal::WorkerResult& result) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  result.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

int RunJob(const AttemptDirectory& directory, int threads) {
  std::filesystem::create_directories(directory.artifacts());
  EventSink events(directory.events());
  RunContext context(
      threads, [&events](std::string_view phase, std::optional<double> fraction) { events.Progress(phase, fraction); });
  const CancelOnSigterm cancel(context);
  try {
    WriteFileAtomically(directory.result(), Serialize(ResultOrError(directory, threads, events, context)));
    return 0;
  } catch (const Cancelled&) {
    return kWorkerCancelledStatus;
  }
}

}  // namespace modlab::server
