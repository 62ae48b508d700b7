#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modlab/internal/attempt.pb.h"
#include "server/executor/event_log.h"

namespace modlab::server {

/// What a job tells while it runs: events in the attempt's log, and how long its phases took. Not thread safe.
class EventSink {
 public:
  /// Throws std::system_error, as the others do.
  explicit EventSink(const std::filesystem::path& path);

  /// A phase's first report is always written, later ones ever more rarely as the phase goes on (every 100 ms at first,
  /// every 10 s in the end), so that a job of days does not fill its log.
  void Progress(std::string_view phase, std::optional<double> fraction, std::string_view detail = "");
  /// One number of a series.
  void Metric(std::string_view name, int32_t step, double value);
  /// `text` is cut off at 4 KiB.
  void Log(v1::LogLine::Severity severity, std::string_view text);

  /// The phase that was reported last; empty before the first.
  const std::string& phase() const { return phase_; }
  /// Each phase once, in the order of first appearance, the current one up to now.
  std::vector<v1::PhaseTiming> Timings() const;

 private:
  using Clock = std::chrono::steady_clock;

  void EnterPhase(std::string_view phase, Clock::time_point now);
  void Append(internal::WorkerEvent event);

  EventLogWriter log_;
  int64_t bytes_ = 0;
  std::string phase_;
  Clock::time_point phase_start_;
  Clock::time_point last_progress_;
  std::vector<v1::PhaseTiming> timings_;
};

}  // namespace modlab::server
