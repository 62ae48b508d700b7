#pragma once

#include "core/dataset/content.h"

namespace modlab {

/// Whether it starts as an IDX file does.
bool IsIdx(Span<const std::byte> bytes);

/// The array of an IDX file (LeCun's, MNIST's): the bytes 0, 0, the element's type, the number of dimensions; these,
/// each four bytes; the elements, row-major. All big-endian; types uint8 (8), int8 (9), int16 (11), int32 (12), float32
/// (13), float64 (14). Bytes are not copied where the elements are bytes.
Array ReadIdx(const Content& content);

}  // namespace modlab
