#pragma once

namespace modlab {

/// While it lives, LibTorch's operations and OpenBLAS's products use so many threads, and large blocks of memory are
/// kept for the next step instead of being given back to the system. Convolutions and oneDNN's products run on OpenMP's
/// threads, and other matrix products on OpenBLAS's; never both, which halves the speed.
class ComputeThreads {
 public:
  ComputeThreads(int threads, bool openmp);
  ~ComputeThreads();
  ComputeThreads(const ComputeThreads&) = delete;
  ComputeThreads& operator=(const ComputeThreads&) = delete;
};

}  // namespace modlab
