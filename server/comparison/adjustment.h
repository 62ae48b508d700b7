#pragma once

#include <vector>

#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// Sets `p_adjusted` of each of the tests: p adjusted for as many tests as these are (Benjamini and Hochberg 1995).
/// What of core/measure/significance.h worker and daemon both have need of.
void AdjustForTheirNumber(const std::vector<v1::NullTest*>& tests);

}  // namespace modlab::server
