#pragma once

#include <vector>

#include "modlab/internal/attempt.pb.h"

namespace modlab::server {

/// What is needed to read a result and to get it again: the spec as used, digests, versions, the CPU.
v1::Provenance MakeProvenance(const internal::AttemptSpec& spec, const std::vector<v1::PhaseTiming>& timings);

}  // namespace modlab::server
