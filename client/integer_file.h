#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace modlab::client {

// Whole numbers from a file: an array of NumPy's (`.npy`, integers), or text with numbers between spaces, commas or
// line ends (`#` begins a comment). UsageError with the path, and the line of text that is wrong.

/// One label per unit, -1 or more; an array has one dimension.
std::vector<std::int32_t> ReadPartitionFile(const std::string& path);

/// 1 or 0 for each entry of a parameter, row after row; an array may be of bools, and of as many dimensions as the
/// parameter.
std::vector<std::int32_t> ReadMaskFile(const std::string& path);

}  // namespace modlab::client
