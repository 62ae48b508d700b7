#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modlab::client {

/// Says on standard error how far something is.
class Progress {
 public:
  enum class Style {
    kSilent,
    /// A line now and then: when the phase changes, and every five seconds within one. Nothing in the first second.
    kLines,
    /// One line with a bar, drawn over and over. Needs a terminal.
    kBar,
  };
  using Clock = std::chrono::steady_clock;

  /// `write` puts text on standard error, `now` tells the time; tests give their own. `delay` is for how long nothing
  /// is shown, for things that are mostly over at once (kLines waits a second at least).
  Progress(Style style, int width, std::function<void(std::string_view)> write,
           std::function<Clock::time_point()> now = Clock::now, Clock::duration delay = {});
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` of `phase` is done, 0 to 1; nothing if it is not known. `detail` is what there is to say besides: the
  /// bar has it in place of the phase.
  void Show(std::string_view phase, std::optional<double> fraction, std::string_view detail = "");
  /// Shows the same again, now.
  void Repeat();
  /// A line of text that stays, whatever the style but kSilent.
  void Say(std::string_view line);
  /// Takes the bar away.
  void Clear();

 private:
  void Draw(std::optional<double> fraction);
  void PrintLine(std::optional<double> fraction);

  const Style style_;
  const int width_;
  const std::function<void(std::string_view)> write_;
  const std::function<Clock::time_point()> now_;
  const Clock::time_point start_;
  const Clock::duration delay_;
  std::string phase_;
  std::string detail_;
  std::optional<double> fraction_;
  std::string printed_phase_;
  Clock::time_point printed_at_;
  bool drawn_ = false;
};

}  // namespace modlab::client
