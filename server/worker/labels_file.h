#pragma once

#include <filesystem>
#include <vector>

namespace modlab::server {

/// Writes one label per unit as an array of NumPy's format 1.0: int32, little-endian, one dimension. Synced. Throws
/// std::system_error.
void WriteLabelsFile(const std::filesystem::path& path, const std::vector<int>& labels);

}  // namespace modlab::server
