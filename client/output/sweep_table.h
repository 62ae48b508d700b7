#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/score.pb.h"

namespace modlab::client {

/// Leiden over a range of resolutions, for people: the plateaus, and some of the steps, evenly spaced; all of them
/// where the style is wide. Empty for a sweep without steps.
std::string SweepTable(const v1::ResolutionSweep& sweep, const TextStyle& style);

}  // namespace modlab::client
