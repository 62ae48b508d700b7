#pragma once

#include <string>
#include <vector>

#include "modlab/internal/attempt.pb.h"

namespace modlab::server {

/// The CPU's name as /proc/cpuinfo gives it; empty where it does not (some architectures), or cannot be read.
std::string CpuName();

/// What is needed to read a result and to get it again: the spec as used, digests, versions, the CPU.
v1::Provenance MakeProvenance(const internal::AttemptSpec& spec, const std::vector<v1::PhaseTiming>& timings,
                              const std::string& cpu);

}  // namespace modlab::server
