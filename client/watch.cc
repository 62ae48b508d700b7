#include "client/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace modlab::client {

using std::chrono::steady_clock;
using std::chrono::system_clock;

bool HasEnded(v1::Job::State state) {
  return state == v1::Job::SUCCEEDED || state == v1::Job::FAILED || state == v1::Job::CANCELLED;
}

JobWatch::JobWatch(Connection& connection, std::string job, const WatchOptions& options)
    : connection_(connection), name_(std::move(job)), options_(options), last_sequence_(options.after_sequence) {
  job_.set_name(name_);  // for an outcome without a word from the server
}

WatchOutcome JobWatch::Run(JobObserver& observer) {
  Backoff backoff(options_.first_backoff, std::chrono::seconds(10));
  bool was_there = connection_.has_answered();
  bool stopped_on_purpose = false;
  int first_attempts = 0;
  std::optional<StreamEnd> absence;  // how it was found not to be there, if it never was
  steady_clock::time_point last_received = steady_clock::now();
  while (true) {
    const StreamEnd end = ReadStream(observer);
    if (end.received) {
      was_there = true;
      last_received = steady_clock::now();
      backoff.Reset();
      stopped_on_purpose = false;
    }
    stopped_on_purpose |= end.detail.reason() == v1::SERVER_STOPPING;
    if (CaughtUp()) return {WatchEnd::kCaughtUp, job_};
    if (interrupted()) return {WatchEnd::kInterrupted, job_};
    if (end.status.ok() && HasEnded(job_.state())) return {WatchEnd::kJobEnded, job_};
    if (!was_there && WentAway(end.status)) absence = end;
    if (IsTimeOver(options_.deadline, end.status)) {
      // Of a server that was never there, that it is not there says more than that the time is over.
      if (!was_there && absence) throw connection_.FailureFor(absence->status, absence->detail);
      return {WatchEnd::kTimedOut, job_};
    }

    const bool broken = end.status.ok() || WentAway(end.status);
    // Like a call with one answer, as long as nobody knows whether there is a server.
    const bool keep_trying = was_there ? steady_clock::now() - last_received < options_.reconnect_for
                                       : ++first_attempts < Connection::kAttempts;
    if (!broken || !keep_trying) throw connection_.FailureFor(end.status, end.detail);
    if (!was_there) {
      if (!Sleep(backoff.Next())) return {WatchEnd::kInterrupted, job_};
      continue;
    }
    observer.OnDisconnected(end.status.error_message());
    if (!Sleep(backoff.Next())) return {WatchEnd::kInterrupted, job_};
    if (options_.restart_server && !stopped_on_purpose) options_.restart_server();
  }
}

JobWatch::StreamEnd JobWatch::ReadStream(JobObserver& observer) {
  grpc::ClientContext context;
  if (options_.deadline) context.set_deadline(*options_.deadline);
  {
    const std::lock_guard lock(mutex_);
    if (interrupted_) return {grpc::Status::CANCELLED, {}};
    context_ = &context;
  }
  v1::WatchJobRequest request;
  request.set_name(name_);
  request.set_after_sequence(last_sequence_);
  const auto stream = connection_.stub<v1::JobService::Stub>().WatchJob(&context, request);
  StreamEnd end;
  for (v1::WatchJobResponse update; stream->Read(&update);) {
    end.received = true;
    Take(update, observer);
    if (CaughtUp()) context.TryCancel();
  }
  end.status = stream->Finish();
  end.detail = DetailOf(context);
  const std::lock_guard lock(mutex_);
  context_ = nullptr;
  return end;
}

void JobWatch::Take(const v1::WatchJobResponse& update, JobObserver& observer) {
  switch (update.update_case()) {
    case v1::WatchJobResponse::kJob:
      job_ = update.job();
      if (!options_.to_the_end && !newest_at_start_) newest_at_start_ = job_.last_sequence();
      observer.OnJob(job_);
      break;
    case v1::WatchJobResponse::kEvent:
      if (update.event().sequence() <= last_sequence_) break;
      last_sequence_ = update.event().sequence();
      observer.OnEvent(update.event());
      break;
    default:
      observer.OnHeartbeat();
  }
}

bool JobWatch::Sleep(std::chrono::milliseconds time) {
  if (options_.deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*options_.deadline - system_clock::now());
    time = std::min(time, left);
  }
  return connection_.WaitFor(time, [this] { return interrupted(); });
}

bool JobWatch::interrupted() {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

void JobWatch::Interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace modlab::client
