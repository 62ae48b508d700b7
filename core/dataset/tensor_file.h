#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/array.h"

namespace modlab {

/// Writes arrays, and texts about them, into one safetensors file (https://github.com/huggingface/safetensors), which
/// any reader of that format takes. The same input gives the same bytes. The header has the tensors in the given order;
/// the data starts at a multiple of 64, those of the largest elements first, so that all are aligned to their elements
/// without the gaps that the format forbids. Shapes of no dimension, and dimensions of 0, are allowed. An existing file
/// is overwritten; the file is on the disk (fsync) when this returns. O(bytes) time, no memory but for the header.
/// Throws std::system_error where it cannot be written (the disk is full), and then removes it; std::logic_error for
/// names that stand twice, are empty or `__metadata__`, for texts that are no UTF-8, and for headers of more than 16
/// MiB.
void WriteTensorFile(const std::filesystem::path& path, const std::vector<NamedArray>& tensors,
                     const std::map<std::string, std::string>& metadata = {});

/// A safetensors file, mapped for reading (mapped_file.h says what must not happen to it meanwhile). Whoever has made
/// it: everything is checked when it is opened. Copies of its arrays keep the mapping alive, also without the
/// TensorFile. Safe to read from any number of threads.
class TensorFile {
 public:
  /// Maps the file and checks it; its tensors are not copied, unless the file has them where they are not aligned.
  /// O(header) time, and O(elements) of bool tensors. `shown_name` is what errors call it. Errors: kDataInvalid
  /// (damaged, cut off, or a tensor of another type than ElementType has); std::system_error where it cannot be read.
  static TensorFile Open(const std::filesystem::path& path, const std::string& shown_name);

  /// nullptr where there is none of that name. Lives as long as this TensorFile.
  const Array* Find(std::string_view name) const;
  /// In the header's order.
  const std::vector<NamedArray>& tensors() const& { return tensors_; }
  const std::vector<NamedArray>& tensors() const&& = delete;  // a loop over a temporary's would read what is gone
  std::vector<std::string> names() const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::vector<NamedArray> tensors_;
  std::map<std::string, size_t, std::less<>> places_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace modlab
