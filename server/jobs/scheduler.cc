#include "server/jobs/scheduler.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/disk_usage.h"
#include "server/executor/event_log.h"
#include "server/jobs/artifacts.h"
#include "server/jobs/encoding_check.h"
#include "server/jobs/job_draft.h"
#include "server/jobs/job_end.h"
#include "server/jobs/job_spec.h"
#include "server/jobs/result_check.h"
#include "server/store/datasets_table.h"
#include "server/store/events_table.h"
#include "server/store/jobs_table.h"
#include "server/store/queue_table.h"
#include "server/store/resource_name.h"
#include "server/telemetry/log.h"

namespace modlab::server {
namespace {

namespace fs = std::filesystem;
using google::protobuf::util::TimeUtil;
using modlab::internal::AttemptSpec;
using modlab::internal::WorkerEvent;
using modlab::internal::WorkerResult;
using modlab::v1::Job;

/// How often running attempts are looked at. A look at one costs a few system calls.
constexpr auto kInterval = std::chrono::milliseconds(10);
constexpr auto kIdleInterval = std::chrono::seconds(1);
/// The same after something went wrong, and how often it is told then.
constexpr auto kStuckInterval = std::chrono::seconds(1);
constexpr auto kComplaintInterval = std::chrono::minutes(1);
/// After a job has begun, before another worker is started that waits for the next, if one still waits: loading
/// LibTorch takes a core half a second, by which time many a job has ended.
constexpr auto kWarmDelay = std::chrono::seconds(1);
constexpr int64_t kTrainGraceMilliseconds = 30'000;
constexpr int64_t kMaxResultBytes = int64_t{64} << 20;
/// What a client can be sent in one message, with the rest of the job.
constexpr size_t kMaxSentResultBytes = (4 << 20) - (256 << 10);
constexpr int64_t kMaxLogBytes = int64_t{4} << 20;
constexpr size_t kLastOutputBytes = 512;
constexpr std::array<std::string_view, 9> kPhases = {"load",  "read",  "embed", "cluster", "measure",
                                                     "check", "write", "train", "evaluate"};

/// Makes the directory of an attempt with everything in it that supervisor and worker need.
void FillAttemptDirectory(const BlobStore& blobs, const AttemptDirectory& directory, const Job& job,
                          const std::vector<JobInput>& inputs, const modlab::v1::InputNormalization& normalization,
                          const Checkpoints& checkpoints, const AttemptLimits& limits) {
  RemoveTree(directory.root());
  fs::create_directories(directory.in());
  fs::create_directories(directory.artifacts());
  AttemptSpec spec;
  *spec.mutable_spec() = job.spec();
  *spec.mutable_data_normalization() = normalization;
  for (const JobInput& input : inputs) {
    if (input.file == kModelFile) {
      spec.set_model_sha256(input.sha256);
    } else if (!input.resource.empty()) {
      (*spec.mutable_input_sha256())[input.resource] = input.sha256;
    }
    blobs.CopyTo(input.sha256, directory.input(input.file));
  }
  checkpoints.Give(IdOf(job.name()), directory);
  WriteFileAtomically(directory.spec(), spec.SerializeAsString());
  WriteLimits(directory, limits);
  OpenToOwnUids(directory);
}

/// The uid of an attempt that an earlier daemon started.
int64_t UidOf(const AttemptDirectory& directory) {
  try {
    return ReadLimits(directory).value_or(AttemptLimits{}).uid;
  } catch (const std::exception&) {
    return 0;
  }
}

/// The last line that a worker printed.
std::string LastOutput(const AttemptDirectory& directory) {
  try {
    std::string text = ReadUntrusted(directory.log(), kMaxLogBytes).value_or("");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return SanitizeText(text.substr(text.find_last_of('\n') + 1), kLastOutputBytes);
  } catch (const std::exception&) {
    return "";
  }
}

/// Throws StorageError where the machine is short of something: that is not for a job to answer for.
void RethrowShortage(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system != nullptr && IsShortage(system->code())) ThrowStorageError(*system);
}

/// Reads and checks what a worker left.
void LoadResult(const AttemptDirectory& directory, AttemptFacts* facts) {
  try {
    const auto bytes = ReadUntrusted(directory.result(), kMaxResultBytes);
    if (!bytes) return;
    facts->result_problem = ProblemOfEncoding(*bytes, *WorkerResult::descriptor());
    if (!facts->result_problem.empty()) return;
    WorkerResult result;
    if (!result.ParseFromString(*bytes)) throw std::runtime_error("it is damaged");
    facts->result_problem = ProblemOfResult(facts->spec, result);
    if (result.result().ByteSizeLong() > kMaxSentResultBytes) {
      facts->result_problem = fmt::format("it has {} bytes, and no client takes more than {}",
                                          result.result().ByteSizeLong(), kMaxSentResultBytes);
    }
    if (facts->result_problem.empty()) facts->result = std::move(result);
  } catch (const std::exception& error) {
    RethrowShortage(error);
    facts->result_problem = error.what();
  }
}

}  // namespace

Scheduler::Scheduler(boost::asio::io_context& context, DataDirectory& data, JobEvents& events, Executor& executor,
                     Admission& admission, Metrics& metrics, const Limits& limits)
    : context_(context),
      timer_(context),
      data_(data),
      events_(events),
      executor_(executor),
      admission_(admission),
      metrics_(metrics),
      checkpoints_(data),
      limits_(limits) {}

void Scheduler::Start() {
  const auto open = data_.database().Read([](SQLite::Database& connection) { return OpenAttempts(connection); });
  for (const OpenAttempt& attempt : open) {
    spdlog::info("taking up attempt {} at jobs/{}", attempt.number, attempt.job);
    attempts_.push_back({attempt, "", UidOf(AttemptDirectory(data_.AttemptRoot(attempt.job, attempt.number)))});
  }
  Tick();
}

void Scheduler::Wake() {
  // One for all that have come since the last: thousands of new jobs must not keep a signal, or the clock, waiting.
  if (woken_.exchange(true)) return;
  boost::asio::post(context_, [this] {
    woken_ = false;
    next_start_ = {};
    Tick();
  });
}

void Scheduler::Stop(bool requeue, std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  if (requeue) {
    for (const Attempt& attempt : attempts_) executor_.Cancel(attempt.process, false);
    Tick();
    return;
  }
  for (Attempt& attempt : attempts_) {
    Try([&] { return Follow(attempt); });
  }
  timer_.cancel();
  stopped_();
}

/// What `step` returns; false where it throws: a full disk, say. Nothing is lost then, the next tick tries again.
template <typename Step>
bool Scheduler::Try(Step step) {
  try {
    return step();
  } catch (const std::exception& error) {
    stuck_ = true;
    const auto now = std::chrono::steady_clock::now();
    if (error.what() != complaint_ || now >= next_complaint_) {
      spdlog::error("the scheduler is stuck: {}", error.what());
      complaint_ = error.what();
      next_complaint_ = now + kComplaintInterval;
    }
    return false;
  }
}

void Scheduler::Tick() {
  stuck_ = false;
  Try([&] {
    SendCancellations();
    return true;
  });
  for (auto attempt = attempts_.begin(); attempt != attempts_.end();) {
    const bool over = Try([&] { return Follow(*attempt); });
    if (over) next_start_ = {};
    attempt = over ? attempts_.erase(attempt) : std::next(attempt);
  }
  StartWaiting();
  KeepWarm();
  if (stopping_ && attempts_.empty() && stopped_) {
    timer_.cancel();
    std::exchange(stopped_, {})();
    return;
  }
  Arm();
}

void Scheduler::KeepWarm() {
  const bool has_just_begun = std::chrono::steady_clock::now() < last_start_ + kWarmDelay;
  if (stopping_ || (has_just_begun && executor_.warm() > 0)) return;
  Try([&] {
    executor_.KeepWarm();
    return true;
  });
}

void Scheduler::StartWaiting() {
  // Looking through a long queue of which nothing may start takes its time: not again before something has changed.
  const auto now = std::chrono::steady_clock::now();
  if (stopping_ || now < next_start_) return;
  while (running() < limits_.workers && admission_.Paused().empty()) {
    if (Try([&] { return StartNext(); })) continue;
    next_start_ = now + kIdleInterval;
    return;
  }
}

void Scheduler::Arm() {
  using std::chrono::milliseconds;
  timer_.expires_after(stuck_              ? milliseconds(kStuckInterval)
                       : attempts_.empty() ? milliseconds(kIdleInterval)
                                           : milliseconds(kInterval));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
}

void Scheduler::SendCancellations() {
  if (attempts_.empty()) return;
  const auto cancellations =
      data_.database().Read([](SQLite::Database& connection) { return Cancellations(connection); });
  for (Attempt& attempt : attempts_) {
    const auto found = cancellations.find(attempt.job);
    if (found == cancellations.end()) continue;
    const bool force = found->second;
    if (force ? attempt.force_sent : attempt.cancel_sent) continue;
    executor_.Cancel(attempt.process, force);
    attempt.cancel_sent = true;
    attempt.force_sent = force;
  }
}

/// Moves what is new in the attempt's directory into the store. True when the attempt is over.
bool Scheduler::Follow(Attempt& attempt) {
  const LogField field("job", attempt.job);
  const LogField number("attempt", std::to_string(attempt.number));
  const AttemptDirectory directory(data_.AttemptRoot(attempt.job, attempt.number));
  // The end is looked for before the events, so that the events read last are all there are.
  const bool over = fs::exists(directory.ended()) || !executor_.Running(attempt.process);
  std::string problem;
  try {
    for (bool more = true; more;) {
      const EventLogTail tail = ReadEventLog(directory.events(), attempt.event_offset);
      more = StoreEvents(attempt, tail.payloads, tail.offset) && over;
    }
  } catch (const StorageError&) {
    throw;
  } catch (const std::exception& error) {
    RethrowShortage(error);
    problem = error.what();
    if (!over) executor_.Cancel(attempt.process, true);
  }
  if (!over) return false;
  Finish(attempt, problem);
  return true;
}

/// True if there was something to store.
bool Scheduler::StoreEvents(Attempt& attempt, const std::vector<std::string>& payloads, int64_t offset) {
  if (payloads.empty()) return false;
  data_.database().Transact([&](SQLite::Database& connection) {
    for (const std::string& payload : payloads) {
      WorkerEvent written;
      if (!ProblemOfEncoding(payload, *WorkerEvent::descriptor()).empty() || !written.ParseFromString(payload) ||
          !SanitizeEvent(&written)) {
        throw std::runtime_error("events.log: an event that makes no sense");
      }
      modlab::v1::Event event;
      event.set_attempt(attempt.number);
      if (written.has_progress()) {
        attempt.phase = written.progress().phase();
        *event.mutable_progress() = written.progress();
      } else if (written.has_log()) {
        *event.mutable_log() = written.log();
      } else {
        *event.mutable_metric() = written.metric();
      }
      AppendEvent(connection, attempt.job, &event);
    }
    SetEventOffset(connection, attempt.job, attempt.number, offset);
  });
  attempt.event_offset = offset;
  events_.Notify(attempt.job);
  return true;
}

AttemptFacts Scheduler::FactsOf(const Attempt& attempt, const AttemptDirectory& directory) {
  AttemptFacts facts;
  facts.phase = attempt.phase;
  facts.begun = fs::exists(directory.log());
  facts.last_output = LastOutput(directory);
  data_.database().Read([&](SQLite::Database& connection) {
    const auto job = FindJob(connection, attempt.job, false);
    facts.spec = job->spec();
    facts.cancelling = job->state() == Job::CANCELLING;
    facts.attempts_before = attempt.number - 1;
    facts.lost_before = CountLostAttempts(connection, attempt.job);
  });
  try {
    facts.end = ReadEnd(directory);
  } catch (const std::exception& error) {
    spdlog::warn("jobs/{}: {}", attempt.job, error.what());
  }
  if (!facts.end || facts.end->how != AttemptEnd::How::kExited) return facts;
  if (facts.end->status == 0) LoadResult(directory, &facts);
  if (facts.end->status == kWorkerDiskFullStatus) {
    admission_.LookAtDisk();  // before the next start
    facts.written_bytes = MeasureDiskUsage(directory.out(), limits_.job_files + 1).bytes;
  }
  return facts;
}

void Scheduler::Finish(Attempt& attempt, const std::string& problem) {
  const AttemptDirectory directory(data_.AttemptRoot(attempt.job, attempt.number));
  AttemptFacts facts = FactsOf(attempt, directory);
  Artifacts artifacts(data_);
  std::optional<Product> product;
  if (facts.result) {
    try {
      artifacts.Copy(directory, facts.result->artifacts(), limits_.job_disk_bytes);
      if (facts.result->has_result() && MakesProduct(facts.spec)) {
        product = artifacts.CopyProduct(directory, limits_.job_disk_bytes, !facts.spec.has_import_dataset());
      }
    } catch (const StorageError&) {
      throw;
    } catch (const std::exception& error) {
      RethrowShortage(error);
      facts.result.reset();
      facts.result_problem = error.what();
    }
  }
  if (!problem.empty()) {
    facts.result.reset();
    facts.result_problem = problem;
  }
  const AttemptOutcome outcome = Decide(facts, limits_);
  modlab::v1::Attempt ended;
  ended.set_outcome(outcome.description);
  if (facts.end) {
    ended.set_sandbox(SanitizeText(facts.end->sandbox, kLastOutputBytes));
    ended.set_peak_memory_bytes(static_cast<double>(facts.end->peak_memory_bytes));
    *ended.mutable_wall_time() = TimeUtil::MillisecondsToDuration(facts.end->wall_milliseconds);
  }
  if (outcome.state == Job::QUEUED) checkpoints_.Keep(attempt.job, directory, limits_.job_disk_bytes);
  std::vector<std::string> released;
  data_.database().Transact([&](SQLite::Database& connection) {
    EndAttempt(connection, attempt.job, attempt.number, ended, outcome.lost);
    if (outcome.state == Job::SUCCEEDED) {
      artifacts.Store(connection, attempt.job);
      auto* result = facts.result->mutable_result();
      if (MakesModel(KindOf(facts.spec))) {
        const auto job = FindJob(connection, attempt.job, false);
        const std::string model = MakeModelOf(connection, limits_, *job, *product);
        if (result->has_build()) result->mutable_build()->set_model(model);
        if (result->has_train()) result->mutable_train()->set_model(model);
        if (result->has_compose()) result->mutable_compose()->set_model(model);
      }
      SetJobResult(connection, attempt.job, *result);
    } else if (outcome.state == Job::FAILED) {
      artifacts.Store(connection, attempt.job);
      SetJobError(connection, attempt.job, outcome.error);
    }
    SetJobState(connection, attempt.job, outcome.state, outcome.state == Job::SUCCEEDED ? "" : outcome.description,
                attempt.number);
    if (HasEnded(outcome.state)) released = RecordEnd(data_, connection, limits_, attempt.job, product);
  });
  if (HasEnded(outcome.state)) checkpoints_.Forget(attempt.job);
  Count(outcome, facts);
  spdlog::info("jobs/{} attempt {}: {} ({})", attempt.job, attempt.number, Job::State_Name(outcome.state),
               outcome.description);
  events_.Notify(attempt.job);
  for (const std::string& job : released) events_.Notify(job);
  // The supervisor may still be on its way out of the directory; what it leaves behind is swept at the next start.
  RemoveTree(directory.root());
  std::error_code not_empty;
  fs::remove(directory.root().parent_path(), not_empty);
}

void Scheduler::Count(const AttemptOutcome& outcome, const AttemptFacts& facts) {
  const std::string kind = Job::Kind_Name(KindOf(facts.spec));
  metrics_.CountAttempt(kind, outcome.state == Job::FAILED      ? modlab::v1::Reason_Name(outcome.error.reason())
                              : outcome.state == Job::QUEUED    ? "requeued"
                              : outcome.state == Job::CANCELLED ? "cancelled"
                                                                : "finished");
  if (outcome.state != Job::SUCCEEDED) return;
  for (const auto& timing : facts.result->result().provenance().timings()) {
    // A worker's words name no time series of ours.
    if (std::find(kPhases.begin(), kPhases.end(), timing.phase()) != kPhases.end()) {
      metrics_.ObservePhase(kind, timing.phase(), timing.seconds());
    }
  }
}

/// Starts the job whose turn it is. False where there is none.
bool Scheduler::StartNext() {
  admission_.LookAtDisk();  // the job before has taken room
  const auto job = data_.database().Read([&](SQLite::Database& connection) -> std::optional<Job> {
    const auto id = NextQueuedJob(connection, limits_.user_running_jobs, admission_.room());
    return id ? FindJob(connection, *id, false) : std::nullopt;
  });
  if (!job) return false;
  StartJob(*job);
  return true;
}

void Scheduler::StartJob(const Job& job) {
  const LogField field("job", IdOf(job.name()));
  Attempt attempt;
  attempt.job = IdOf(job.name());
  attempt.number = job.attempts_size() + 1;
  const AttemptDirectory directory(data_.AttemptRoot(attempt.job, attempt.number));
  std::vector<JobInput> inputs;
  modlab::v1::InputNormalization normalization;
  data_.database().Read([&](SQLite::Database& connection) {
    inputs = InputsOfJob(connection, attempt.job);
    if (!job.spec().has_train()) return;
    const auto dataset = FindDataset(connection, IdOf(job.spec().train().data()));
    if (dataset) normalization = dataset->normalization();
  });
  const auto abandon = [&] {
    RemoveTree(directory.root());
    if (!attempt.process.empty()) executor_.Cancel(attempt.process, true);
  };
  try {
    const AttemptLimits limits = LimitsOf(job.spec());
    attempt.uid = limits.uid;
    FillAttemptDirectory(data_.blobs(), directory, job, inputs, normalization, checkpoints_, limits);
    attempt.process = executor_.Prepare();
    if (BeginAttempt(job, attempt)) {
      executor_.Assign(attempt.process, directory.root());
      if (attempt.number == 1) {
        const int64_t created = TimeUtil::TimestampToMicroseconds(job.create_time());
        metrics_.ObserveQueueWait(Job::Kind_Name(job.kind()),
                                  std::max(0.0, static_cast<double>(NowMicros() - created) / 1e6));
      }
      attempts_.push_back(attempt);
      last_start_ = std::chrono::steady_clock::now();
      events_.Notify(attempt.job);
      admission_.SetStartProblem("");
      return;
    }
    abandon();
  } catch (const StorageError& error) {
    abandon();
    admission_.SetStartProblem(error.what());
    throw;
  } catch (const StartError& error) {  // no job can be started
    abandon();
    admission_.SetStartProblem(error.what());
    throw;
  } catch (const std::exception& error) {
    abandon();
    RethrowShortage(error);
    FailToStart(attempt.job, error.what());
  }
}

/// Notes in the store that the attempt begins. False where the job was cancelled meanwhile.
bool Scheduler::BeginAttempt(const Job& job, const Attempt& attempt) {
  return data_.database().Transact([&](SQLite::Database& connection) {
    const auto now = FindJob(connection, attempt.job, false);
    if (!now || now->state() != Job::QUEUED) return false;
    InsertAttempt(connection, attempt.job, attempt.process);
    TakeTurn(connection, job.owner());
    SetJobState(connection, attempt.job, Job::RUNNING, "", attempt.number);
    return true;
  });
}

AttemptLimits Scheduler::LimitsOf(const modlab::v1::JobSpec& spec) const {
  const modlab::v1::Resources& resources = spec.resources();
  AttemptLimits limits;
  limits.memory_bytes = resources.memory_bytes();
  limits.wall_milliseconds = TimeUtil::DurationToMilliseconds(resources.wall_time());
  limits.disk_bytes = limits_.job_disk_bytes;
  limits.files = limits_.job_files;
  limits.threads = limits_.job_extra_threads + resources.threads();
  limits.cpus = resources.threads();
  // A training that is asked to end finishes its step and writes down what it has.
  if (spec.has_train()) limits.grace_milliseconds = kTrainGraceMilliseconds;
  limits.uid = UnusedUid();
  return limits;
}

/// No two jobs at a time have the same, so that none can touch another's processes and files.
int64_t Scheduler::UnusedUid() const {
  if (limits_.uids == 0) return 0;
  for (int64_t uid = limits_.first_uid; uid < int64_t{limits_.first_uid} + limits_.uids; ++uid) {
    if (std::none_of(attempts_.begin(), attempts_.end(), [&](const Attempt& attempt) { return attempt.uid == uid; })) {
      return uid;
    }
  }
  throw std::logic_error("there are fewer uids than workers");
}

void Scheduler::FailToStart(const std::string& job, const std::string& message) {
  spdlog::error("jobs/{} cannot be started: {}", job, message);
  modlab::v1::JobError error;
  error.set_reason(modlab::v1::START_FAILED);
  error.set_message(message);
  std::vector<std::string> released;
  data_.database().Transact([&](SQLite::Database& connection) {
    const auto now = FindJob(connection, job, false);
    if (!now || now->state() != Job::QUEUED) return;  // cancelled meanwhile
    SetJobError(connection, job, error);
    SetJobState(connection, job, Job::FAILED, message);
    released = RecordEnd(data_, connection, limits_, job);
  });
  events_.Notify(job);
  for (const std::string& waiting : released) events_.Notify(waiting);
}

}  // namespace modlab::server
