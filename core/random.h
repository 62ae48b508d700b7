#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace modlab {

/// Random numbers that are the same with every standard library: its engines are specified to the bit, its
/// distributions are not. Streams of the same seed are independent of each other.
class Random {
 public:
  explicit Random(uint64_t seed, uint64_t stream = 0) : engine_(Mix(seed ^ Mix(stream))) {}

  /// In [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  /// 0 ... count - 1, for 0 < count < 2^53.
  template <typename Integer>
  Integer Index(Integer count) {
    return static_cast<Integer>(Uniform() * static_cast<double>(count));
  }

  /// Puts items into a random order (Fisher and Yates).
  template <typename Item>
  void Shuffle(std::vector<Item>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Index(i)]);
  }

  /// A seed of its own for each `index`.
  static uint32_t DerivedSeed(uint32_t seed, uint64_t index) { return static_cast<uint32_t>(Mix(seed ^ Mix(~index))); }

 private:
  /// SplitMix64's finaliser (Steele, Lea & Flood 2014).
  static uint64_t Mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }

  std::mt19937_64 engine_;
};

}  // namespace modlab
