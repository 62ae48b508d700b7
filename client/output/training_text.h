#pragma once

#include <string>

#include "modlab/v1/train.pb.h"

namespace modlab::client {

/// `a*y1 + b*y2, a = 2.5, b = 1`.
std::string GoalText(const v1::GoalInForce& goal);

/// What people call a metric by the name that the protocol has for it: `r_squared` is `R²`, `rounded_accuracy` is
/// `rounded accuracy`.
std::string MetricTitle(const std::string& name);
std::string MetricTitle(v1::MetricKind kind);

}  // namespace modlab::client
