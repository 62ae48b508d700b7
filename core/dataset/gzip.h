#pragma once

#include "core/dataset/content.h"

namespace modlab {

/// Whether it starts as a gzip file does.
bool IsGzip(Span<const std::byte> bytes);

/// What a gzip file (RFC 1952, of one member or several) contains. Memory: at most twice what it contains and
/// max_bytes. Throws where that is more than max_bytes, and where the file is damaged, cut off, or something follows.
Content Decompressed(const Content& content);

}  // namespace modlab
