#pragma once

#include <cstddef>
#include <utility>

namespace modlab {

/// Elements in a row that somebody else owns: what std::span is to C++20, for headers that C++17 reads, too (LibTorch's
/// are C++17).
template <typename Element>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(Element* data, size_t size) : data_(data), size_(size) {}
  /// Anything with data() and size() that outlives it: a vector, a string, an array, another span.
  template <typename Container, typename = decltype(static_cast<Element*>(std::declval<Container&>().data()))>
  constexpr Span(Container&& container) : data_(container.data()), size_(container.size()) {}  // NOLINT

  constexpr Element* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr Element& operator[](size_t i) const { return data_[i]; }
  constexpr Element* begin() const { return data_; }
  constexpr Element* end() const { return data_ + size_; }
  /// `offset` <= size(), `count` <= size() - offset.
  constexpr Span subspan(size_t offset, size_t count) const { return Span(data_ + offset, count); }
  constexpr Span subspan(size_t offset) const { return Span(data_ + offset, size_ - offset); }

 private:
  Element* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace modlab
