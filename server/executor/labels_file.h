#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace modlab::server {

// Labels of a network that has too many units for a message: an artifact that the worker writes, and that the daemon
// reads where it needs them. One label per unit, as an array of NumPy's format 1.0: int32, little-endian, one
// dimension.

/// Synced. Throws std::system_error.
void WriteLabelsFile(const std::filesystem::path& path, const std::vector<int>& labels);

/// The same of several partitions, one after the other in `labels`: an array of two dimensions, [partitions][units].
void WritePartitionsFile(const std::filesystem::path& path, const std::vector<int>& labels, int64_t partitions);

/// All labels of such a file, which may come from a hostile model; nothing where it is not exactly what WriteLabelsFile
/// writes for `units` labels. Throws std::system_error.
std::optional<std::vector<int>> ReadLabelsFile(int descriptor, int64_t units);

}  // namespace modlab::server
