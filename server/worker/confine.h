#pragma once

#include <cstdint>

namespace modlab::server {

struct Confinement {
  /// What the job may use beyond what the process holds now. 0: no limit.
  int64_t memory_bytes = 0;
  int threads = 1;
};

/// Takes from this process, for good, what a model must not have. Runs after LibTorch is loaded and before the model
/// is: a TorchScript model is a program, and loading it runs its code. The sandbox's place.
///
/// No core files; new files are the owner's alone; allocations that could never be within `memory_bytes` fail with an
/// exception, instead of the supervisor's kill (not under a sanitizer, which maps memory as it likes). Throws
/// std::system_error.
void Confine(const Confinement& confinement);

}  // namespace modlab::server
