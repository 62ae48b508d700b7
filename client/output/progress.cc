#include "client/output/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "client/output/text.h"

namespace modlab::client {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string Percent(double fraction) { return fmt::format("{:.0f}%", std::floor(fraction * 100)); }

std::string Elapsed(Progress::Clock::duration time) {
  const auto whole = duration_cast<seconds>(time).count();
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string Bar(double fraction, int width) {
  const int filled = static_cast<int>(fraction * width);
  std::string bar;
  for (int i = 0; i < width; ++i) bar += i < filled ? "━" : "╌";
  return bar;
}

Progress::Clock::duration DelayOf(Progress::Style style, Progress::Clock::duration delay) {
  return style == Progress::Style::kLines ? std::max<Progress::Clock::duration>(delay, seconds(1)) : delay;
}

}  // namespace

Progress::Progress(Style style, int width, std::function<void(std::string_view)> write,
                   std::function<Clock::time_point()> now, Clock::duration delay)
    : style_(style),
      width_(width),
      write_(std::move(write)),
      now_(std::move(now)),
      start_(now_()),
      delay_(DelayOf(style, delay)) {}

Progress::~Progress() { Clear(); }

void Progress::Show(std::string_view phase, std::optional<double> fraction, std::string_view detail) {
  phase_ = Printable(phase);
  detail_ = Printable(detail);
  fraction_ = fraction;
  if (fraction_) fraction_ = std::clamp(std::isfinite(*fraction_) ? *fraction_ : 0.0, 0.0, 1.0);
  Repeat();
}

void Progress::Repeat() {
  if (style_ == Style::kSilent || phase_.empty() || now_() - start_ < delay_) return;
  if (style_ == Style::kBar) {
    Draw(fraction_);
  } else if (phase_ != printed_phase_ || now_() - printed_at_ >= seconds(5)) {
    PrintLine(fraction_);
  }
}

void Progress::PrintLine(std::optional<double> fraction) {
  printed_phase_ = phase_;
  printed_at_ = now_();
  const std::string detail = detail_.empty() ? "" : ", " + detail_;
  write_(fmt::format("modlab: {}{}{}\n", phase_, fraction ? " " + Percent(*fraction) : "", detail));
}

void Progress::Draw(std::optional<double> fraction) {
  const std::string elapsed = Elapsed(now_() - start_);
  const std::string phase = Shortened(detail_.empty() ? phase_ : detail_, std::max(width_ - 20, 10));
  std::string line = phase;
  if (fraction) {
    // The bar takes what the phase (ten columns at least, or the bar would jump about), percentage and time leave.
    const int phase_width = std::max(DisplayWidth(phase), 10);
    const int bar_width = std::min(width_ - phase_width - DisplayWidth(elapsed) - 10, 40);
    line.append(static_cast<std::size_t>(phase_width - DisplayWidth(phase)), ' ');
    if (bar_width >= 5) line += " " + Bar(*fraction, bar_width);
    line += fmt::format(" {:>4}", Percent(*fraction));
  }
  write_(fmt::format("{}{}  {}", kEraseLine, line, elapsed));
  drawn_ = true;
}

void Progress::Say(std::string_view line) {
  if (style_ == Style::kSilent) return;
  Clear();
  write_(fmt::format("modlab: {}\n", Printable(line)));
}

void Progress::Clear() {
  if (drawn_) write_(kEraseLine);
  drawn_ = false;
}

}  // namespace modlab::client
