#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/dataset/content.h"

namespace modlab {

/// What NumPy writes before an array's elements.
struct NpyHeader {
  ElementType type = ElementType::kFloat32;
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  size_t shape_offset = 0;
  /// Where the elements start.
  size_t data_offset = 0;
};

/// Whether it starts as NumPy's files do.
bool IsNpy(Span<const std::byte> bytes);

/// Reads the header of NumPy's formats 1.0, 2.0 and 3.0: a magic, a length, and a Python dictionary of `descr`,
/// `fortran_order` and `shape`, each once, in any order. Throws for anything else, and for element types that an Array
/// cannot have (objects, structures, texts, complex and half-precision numbers, unsigned ones of several bytes).
NpyHeader ReadNpyHeader(const Content& content);

}  // namespace modlab
