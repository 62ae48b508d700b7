#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace modlab::server {

/// What an array of NumPy's format 1.0 starts with: `type` as NumPy says it (`<i4`, `<f8`, `<U12`), in C order.
std::string NpyHeader(const std::string& type, const std::vector<int64_t>& shape);

/// A whole array of one dimension: int64, float64, or texts (`texts` is valid UTF-8) padded to the longest.
std::string NpyArray(const std::vector<int64_t>& values);
std::string NpyArray(const std::vector<double>& values);
std::string NpyArray(const std::vector<std::string>& texts);

}  // namespace modlab::server
