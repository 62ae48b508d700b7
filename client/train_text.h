#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "modlab/v1/train.pb.h"

namespace modlab::client {

// What the command line says of a training, as text, in parts of its spec. Each throws UsageError.

/// `a~U(0,10)`: a parameter that is drawn anew every period.
void AddVarying(std::string_view text, v1::GoalSchedule& schedule);
/// `a=1`: a parameter's first, or only, value.
void AddInitial(std::string_view text, v1::GoalSchedule& schedule);
/// `10` or `10epochs`, `500steps`: how long a goal stays.
void SetPeriod(std::string_view text, v1::GoalSchedule& schedule);
/// `fc1.weight=mask.txt`: a mask for the gradient of a parameter: a file with 0 or 1 for each entry, row after row,
/// text or NumPy's .npy.
void AddMask(const std::string& text, v1::TrainSpec& spec);

}  // namespace modlab::client
