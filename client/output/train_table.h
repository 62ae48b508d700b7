#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// What a training has come to: how long it took, how well each goal is met, what its switches cost, and the last
/// epochs of its series (-o wide: all that the result has).
std::string TrainTable(const v1::Job& job, const TextStyle& style);

}  // namespace modlab::client
