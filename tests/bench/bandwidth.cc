#include "tests/bench/bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace modlab {
namespace {

/// Calls part(first, last) for a stretch of the elements on each thread, and returns the least seconds that it took.
double BestSeconds(size_t elements, int repeats, RunContext& context,
                   const std::function<void(size_t first, size_t last)>& part) {
  double best = 0;
  const auto threads = static_cast<size_t>(context.threads());
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    context.ParallelFor(context.threads(),
                        [&](int thread) { part(elements * thread / threads, elements * (thread + 1) / threads); });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = repeat == 0 ? seconds.count() : std::min(best, seconds.count());
  }
  return best;
}

/// Four stretches at a time, which is faster than one. Integers, whose sum may be taken in any order, so that compilers
/// use vectors.
uint64_t Sum(const uint64_t* numbers, size_t count) {
  const size_t quarter = count / 4;
  uint64_t a = 0;
  uint64_t b = 0;
  uint64_t c = 0;
  uint64_t d = 0;
  for (size_t i = 0; i < quarter; ++i) {
    a += numbers[i];
    b += numbers[i + quarter];
    c += numbers[i + 2 * quarter];
    d += numbers[i + 3 * quarter];
  }
  return a + b + c + d;
}

}  // namespace

Bandwidth MeasureBandwidth(int64_t bytes, int repeats, RunContext& context) {
  Bandwidth bandwidth;
  const size_t elements = static_cast<size_t>(bytes) / sizeof(double) / 3;
  {
    const std::vector<uint64_t> numbers(3 * elements, 1);
    std::atomic<uint64_t> total{0};  // so that the sums are needed
    const double seconds = BestSeconds(numbers.size(), repeats, context, [&](size_t first, size_t last) {
      total += Sum(numbers.data() + first, last - first);
    });
    bandwidth.read = static_cast<double>(numbers.size() * sizeof(uint64_t)) / seconds;
  }
  std::vector<double> a(elements);
  const std::vector<double> b(elements, 1.0);
  const std::vector<double> c(elements, 2.0);
  const double seconds = BestSeconds(elements, repeats, context, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) a[i] = b[i] + 3 * c[i];
  });
  bandwidth.triad = static_cast<double>(3 * elements * sizeof(double)) / seconds;
  return bandwidth;
}

}  // namespace modlab
