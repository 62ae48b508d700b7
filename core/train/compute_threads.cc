#include "core/train/compute_threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>

namespace modlab {
namespace {

/// Nothing where the BLAS is another one.
void SetBlasThreads(int threads) {
  using SetThreads = void (*)(int);
  static const auto set = reinterpret_cast<SetThreads>(::dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set != nullptr) set(threads);
}

/// A step's temporaries are some megabytes: mapped anew each time, they cost a page fault for every 4 KiB.
void KeepMemory() {
  constexpr int largest_mmap_threshold = 32 << 20;
  constexpr int trim_threshold = 1 << 30;
  constexpr int top_pad = 64 << 20;
  ::mallopt(M_MMAP_THRESHOLD, largest_mmap_threshold);
  ::mallopt(M_TRIM_THRESHOLD, trim_threshold);
  ::mallopt(M_TOP_PAD, top_pad);
}

}  // namespace

ComputeThreads::ComputeThreads(int threads, bool openmp) {
  KeepMemory();
  at::set_num_threads(openmp ? threads : 1);
  SetBlasThreads(openmp ? 1 : threads);
}

ComputeThreads::~ComputeThreads() {
  at::set_num_threads(1);
  SetBlasThreads(1);
}

}  // namespace modlab
