#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "core/dataset/span.h"

namespace modlab {

/// A whole file, mapped for reading. It must not become shorter while it is mapped: reading what is gone ends the
/// process (SIGBUS). Safe to read from any number of threads.
class MappedFile {
 public:
  /// Throws std::system_error where the file cannot be opened, or is none (a directory, a pipe).
  static std::shared_ptr<const MappedFile> Open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(Span<const std::byte> bytes) : bytes_(bytes) {}
  Span<const std::byte> bytes_;
};

}  // namespace modlab
