#include "core/dataset/row_gather.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "core/cpu_dispatch.h"

namespace modlab {
namespace {

/// What the loops need, without anything that would be read anew for each element.
struct Gather {
  ElementType type;
  const std::byte* source;
  int64_t width;
  const int64_t* rows;
  int64_t count;
  int64_t stride;
};

/// Rows are anywhere in memory: the next ones are asked for while this one is worked on.
template <typename Element>
[[gnu::always_inline]] inline void PrefetchAfter(const Gather& gather, int64_t i) {
  constexpr int64_t rows_ahead = 4;
  constexpr int64_t cache_line = 64;
  if (i + rows_ahead >= gather.count) return;
  const auto bytes = gather.width * static_cast<int64_t>(sizeof(Element));
  const std::byte* const row = gather.source + gather.rows[i + rows_ahead] * bytes;
  for (int64_t byte = 0; byte < bytes; byte += cache_line) __builtin_prefetch(row + byte);
}

template <typename Element, typename Target>
[[gnu::always_inline]] inline void Scale(const Gather& gather, double scale, double shift, Target* target) {
  const auto* const source = reinterpret_cast<const Element*>(gather.source);
  const int64_t width = gather.width;
  for (int64_t i = 0; i < gather.count; ++i) {
    PrefetchAfter<Element>(gather, i);
    const Element* __restrict const from = source + gather.rows[i] * width;
    Target* __restrict const to = target + i * gather.stride;
    for (int64_t j = 0; j < width; ++j) to[j] = static_cast<Target>(static_cast<double>(from[j]) * scale + shift);
  }
}

template <typename Element, typename Target>
[[gnu::always_inline]] inline void Convert(const Gather& gather, Target* target) {
  const auto* const source = reinterpret_cast<const Element*>(gather.source);
  const int64_t width = gather.width;
  for (int64_t i = 0; i < gather.count; ++i) {
    PrefetchAfter<Element>(gather, i);
    const Element* __restrict const from = source + gather.rows[i] * width;
    Target* __restrict const to = target + i * gather.stride;
    if constexpr (std::is_same_v<Element, Target>) {
      std::memcpy(to, from, static_cast<size_t>(width) * sizeof(Target));
    } else {
      // NOLINTNEXTLINE(bugprone-signed-char-misuse): int8_t is a number here
      for (int64_t j = 0; j < width; ++j) to[j] = static_cast<Target>(from[j]);
    }
  }
}

// One function for all types, so that each is compiled for each CPU.
MODLAB_CPU_DISPATCH
void ScaleFloats(const Gather& gather, double scale, double shift, float* target) {
  VisitElementType(
      gather.type, [&](auto element)
                       __attribute__((always_inline)) { Scale<decltype(element)>(gather, scale, shift, target); });
}

MODLAB_CPU_DISPATCH
void ScaleDoubles(const Gather& gather, double scale, double shift, double* target) {
  VisitElementType(
      gather.type, [&](auto element)
                       __attribute__((always_inline)) { Scale<decltype(element)>(gather, scale, shift, target); });
}

MODLAB_CPU_DISPATCH
void ConvertFloats(const Gather& gather, float* target) {
  VisitElementType(
      gather.type, [&](auto element) __attribute__((always_inline)) { Convert<decltype(element)>(gather, target); });
}

MODLAB_CPU_DISPATCH
void ConvertDoubles(const Gather& gather, double* target) {
  VisitElementType(
      gather.type, [&](auto element) __attribute__((always_inline)) { Convert<decltype(element)>(gather, target); });
}

MODLAB_CPU_DISPATCH
void ConvertIntegers(const Gather& gather, int64_t* target) {
  VisitElementType(
      gather.type, [&](auto element) __attribute__((always_inline)) {
        if constexpr (std::is_integral_v<decltype(element)>) Convert<decltype(element)>(gather, target);
      });
}

Gather Checked(const Array& source, Span<const int64_t> rows, int64_t target_stride) {
  const Gather gather = {
      source.type,  source.bytes.data(), source.row_elements(), rows.data(), static_cast<int64_t>(rows.size()),
      target_stride};
  const auto count = static_cast<uint64_t>(source.rows());
  uint64_t largest = 0;  // of negative ones, too
  for (const int64_t row : rows) largest = std::max(largest, static_cast<uint64_t>(row));
  if (!rows.empty() && largest >= count) throw std::out_of_range("a row that the array does not have");
  if (target_stride < gather.width) throw std::logic_error("rows that overlap");
  return gather;
}

}  // namespace

void GatherRows(const Array& source, Span<const int64_t> rows, double scale, double shift, float* target,
                int64_t target_stride) {
  const Gather gather = Checked(source, rows, target_stride);
  if (scale == 1 && shift == 0) return ConvertFloats(gather, target);
  ScaleFloats(gather, scale, shift, target);
}

void GatherRows(const Array& source, Span<const int64_t> rows, double scale, double shift, double* target,
                int64_t target_stride) {
  const Gather gather = Checked(source, rows, target_stride);
  if (scale == 1 && shift == 0) return ConvertDoubles(gather, target);
  ScaleDoubles(gather, scale, shift, target);
}

void GatherRows(const Array& source, Span<const int64_t> rows, int64_t* target, int64_t target_stride) {
  if (!IsInteger(source.type)) throw std::logic_error("classes are integers");
  ConvertIntegers(Checked(source, rows, target_stride), target);
}

}  // namespace modlab
