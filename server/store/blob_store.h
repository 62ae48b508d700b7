#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {

/// SHA-256 of a file's bytes in hexadecimal. Throws std::system_error.
std::string Sha256OfFile(const std::filesystem::path& path);
std::string Sha256(std::string_view bytes);

/// Files named by the SHA-256 of their content: blobs/ab/abcd... Which of them exist for whom is the database's to say.
/// Thread safe; a file is there whole or not at all.
class BlobStore {
 public:
  /// Creates the directory. Throws std::system_error.
  explicit BlobStore(std::filesystem::path root);

  std::filesystem::path PathOf(const std::string& sha256) const;

  /// Moves a synced file, whose digest the caller has computed, into the store. The same content twice is one file.
  /// Throws std::system_error.
  void Adopt(const std::filesystem::path& file, const std::string& sha256);

  /// Copies content to a new read-only file: shares the blocks where the file system can, never an inode.
  /// Throws std::system_error.
  void CopyTo(const std::string& sha256, const std::filesystem::path& target) const;

  /// Opens content for reading. Throws std::system_error.
  FileDescriptor Open(const std::string& sha256) const;

  /// Removes content; absent content is no error.
  void Remove(const std::string& sha256) noexcept;

  /// Removes what is not in `known`: left by a crash between a file's arrival and its row's. Returns how many.
  int Sweep(const std::set<std::string>& known);

 private:
  std::filesystem::path root_;
};

}  // namespace modlab::server
