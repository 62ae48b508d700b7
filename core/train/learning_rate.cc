#include "core/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.h"

namespace modlab {
namespace {

using ScheduleKind = LearningRateSchedule::Kind;

void CheckRate(bool valid, const char* name, double value, const char* range) {
  if (valid && std::isfinite(value)) return;
  std::ostringstream message;
  message << "the learning rate schedule's " << name << " is " << value << "; it must be " << range;
  throw Error(ErrorKind::kInvalidOption, message.str(), {{"option", name}});
}

/// From `start` to `end` along half a cosine while `part` goes from 0 to 1.
double Anneal(double start, double end, double part) {
  return end + (start - end) / 2 * (1 + std::cos(std::acos(-1.0) * part));
}

double OneCycle(const LearningRateSchedule& schedule, double base, double step, double total_steps) {
  const double initial = base / schedule.initial_divisor;
  const double last = total_steps - 1;
  const double top = schedule.rising_part * total_steps - 1;
  if (step < top) return Anneal(initial, base, step / top);
  if (step <= top || last <= top) return base;
  return Anneal(base, initial / schedule.final_divisor, std::min(1.0, (step - top) / (last - top)));
}

}  // namespace

void CheckLearningRateSchedule(const LearningRateSchedule& schedule, double base, int64_t total_steps) {
  CheckRate(base >= 0, "base rate", base, "0 or above");
  CheckRate(total_steps >= 1, "number of steps", static_cast<double>(total_steps), "1 or above");
  CheckRate(schedule.warmup_steps >= 0 && schedule.warmup_steps < total_steps, "warmup_steps",
            static_cast<double>(schedule.warmup_steps), "0 or above, and below the number of steps");
  switch (schedule.kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kStep:
      CheckRate(schedule.step_size >= 1, "step_size", static_cast<double>(schedule.step_size), "1 or above");
      CheckRate(schedule.gamma > 0, "gamma", schedule.gamma, "above 0");
      break;
    case ScheduleKind::kCosine:
      CheckRate(schedule.minimum >= 0, "minimum", schedule.minimum, "0 or above");
      break;
    case ScheduleKind::kOneCycle:
      CheckRate(schedule.warmup_steps == 0, "warmup_steps", static_cast<double>(schedule.warmup_steps),
                "0 with one cycle, which has a rise of its own (rising_part)");
      CheckRate(schedule.rising_part >= 0 && schedule.rising_part <= 1, "rising_part", schedule.rising_part,
                "between 0 and 1");
      CheckRate(schedule.initial_divisor > 0, "initial_divisor", schedule.initial_divisor, "above 0");
      CheckRate(schedule.final_divisor > 0, "final_divisor", schedule.final_divisor, "above 0");
      break;
  }
}

double LearningRateAt(const LearningRateSchedule& schedule, double base, int64_t step, int64_t total_steps) {
  if (step < schedule.warmup_steps) {
    return base * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  const int64_t total = total_steps - schedule.warmup_steps;
  const int64_t t = std::min(step - schedule.warmup_steps, total);
  switch (schedule.kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kStep: {
      const int64_t falls = t / schedule.step_size;
      return base * std::pow(schedule.gamma, static_cast<double>(falls));
    }
    case ScheduleKind::kCosine:
      return Anneal(base, schedule.minimum, static_cast<double>(t) / static_cast<double>(total));
    case ScheduleKind::kOneCycle:
      return OneCycle(schedule, base, static_cast<double>(t), static_cast<double>(total));
  }
  return base;
}

}  // namespace modlab
