#pragma once

#include <string>

#include "core/dataset/content.h"

namespace modlab {

/// Whether it starts as zip archives do.
bool IsZip(Span<const std::byte> bytes);

/// One array of an .npz archive (a zip archive of .npy files, stored or deflated): the one called `member` (or
/// `member`.npy), or if `member` is empty the only one.
Array ReadNpz(const Content& content, const std::string& member);

}  // namespace modlab
