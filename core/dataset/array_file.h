#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/dataset/array.h"

namespace modlab {

/// How much memory a file may ask for unless its reader says otherwise: 4 GiB.
constexpr int64_t kDefaultMaxBytes = int64_t{4} << 30;

/// Reads one array from a file, whoever has made it. Its content tells the format, not its name:
///
/// - IDX (idx.h), .npy (npy_header.h) and CSV (csv.h), each also compressed by gzip;
/// - .npz (npz.h) and safetensors (safetensors.h), which hold arrays by name.
///
/// `member` is the array's name in an .npz or a safetensors file (empty: the only one), or names and patterns of
/// columns in a CSV file (`label`, `pixel*`, `a,b`; empty: all); for others it is empty. `shown_name` is what errors
/// call the file.
///
/// The array has one dimension or more and at least one element; numbers are not changed, whatever their order was.
/// Files that are not compressed are mapped, and their elements are not copied where they lie as an Array has them
/// (mapped_file.h says what must not happen to the file meanwhile). No more than `max_bytes` are decompressed, and
/// copied, each; a mapped array may be larger. O(bytes) time.
///
/// Reentrant. Errors: kDataInvalid, with a sentence that says the file, and the byte (of the file; of the content where
/// it says `decompressed`, or an array's name) or the line from 1 up; std::system_error where the file cannot be read.
Array ReadArray(const std::filesystem::path& path, const std::string& shown_name, const std::string& member = {},
                int64_t max_bytes = kDefaultMaxBytes);

}  // namespace modlab
