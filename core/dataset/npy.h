#pragma once

#include "core/dataset/content.h"

namespace modlab {

/// The array of one of NumPy's .npy files; see ReadNpyHeader for what it may be. Little-endian arrays in C order are
/// not copied.
Array ReadNpy(const Content& content);

}  // namespace modlab
