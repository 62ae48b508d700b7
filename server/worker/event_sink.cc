#include "server/worker/event_sink.h"

#include <algorithm>

#include "server/executor/utf8.h"

namespace modlab::server {
namespace {

using std::chrono::milliseconds;

// The log has room for this much; events beyond it are dropped, which a model that floods it cannot complain about.
constexpr int64_t kMaxBytes = kMaxEventLogBytes - static_cast<int64_t>(2 * kMaxEventBytes);

double Seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

EventSink::EventSink(const std::filesystem::path& path) : log_(path) {}

void EventSink::Progress(std::string_view phase, std::optional<double> fraction, std::string_view detail) {
  const Clock::time_point now = Clock::now();
  if (phase != phase_) {
    EnterPhase(phase, now);
  } else {
    const Clock::duration pause =
        std::clamp<Clock::duration>((now - phase_start_) / 100, milliseconds(100), milliseconds(10'000));
    if (now - last_progress_ < pause) return;
  }
  last_progress_ = now;
  internal::WorkerEvent event;
  event.mutable_progress()->set_phase(phase_);
  if (fraction) event.mutable_progress()->set_fraction(std::clamp(*fraction, 0.0, 1.0));
  event.mutable_progress()->set_detail(ToUtf8(detail));
  Append(std::move(event));
}

void EventSink::Metric(std::string_view name, int32_t step, double value) {
  internal::WorkerEvent event;
  event.mutable_metric()->set_name(ToUtf8(name));
  event.mutable_metric()->set_step(step);
  event.mutable_metric()->set_value(value);
  Append(std::move(event));
}

void EventSink::Log(v1::LogLine::Severity severity, std::string_view text) {
  internal::WorkerEvent event;
  event.mutable_log()->set_severity(severity);
  event.mutable_log()->set_text(ToUtf8(text));
  Append(std::move(event));
}

std::vector<v1::PhaseTiming> EventSink::Timings() const {
  std::vector<v1::PhaseTiming> timings = timings_;
  for (v1::PhaseTiming& timing : timings) {
    if (timing.phase() == phase_) timing.set_seconds(timing.seconds() + Seconds(Clock::now() - phase_start_));
  }
  return timings;
}

void EventSink::EnterPhase(std::string_view phase, Clock::time_point now) {
  timings_ = Timings();
  phase_ = phase;
  phase_start_ = now;
  const auto same = [this](const v1::PhaseTiming& timing) { return timing.phase() == phase_; };
  if (std::none_of(timings_.begin(), timings_.end(), same)) timings_.emplace_back().set_phase(phase_);
}

void EventSink::Append(internal::WorkerEvent event) {
  event.set_unix_micros(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  const std::string payload = event.SerializeAsString();
  if (bytes_ > kMaxBytes) return;
  bytes_ += static_cast<int64_t>(payload.size()) + 8;
  log_.Append(payload);
}

}  // namespace modlab::server
