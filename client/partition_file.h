#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace modlab::client {

/// Reads one label per unit from a file: an array of NumPy's (`.npy`, one dimension, integers), or text with whole
/// numbers between spaces, commas or line ends (`#` begins a comment). UsageError with the path, and the line of text
/// that is wrong.
std::vector<std::int32_t> ReadPartitionFile(const std::string& path);

}  // namespace modlab::client
