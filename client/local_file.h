#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modlab::client {

/// Whether what may be the id of a resource, with its `collection` (`models/`) or without, is meant to be a file. What
/// looks like a path is one even if nothing is there: the error then says so.
bool LooksLikeFile(const std::string& subject, std::string_view collection);

/// A file of the user's that is to be pushed. Everything wrong with it is a UsageError with its path.
class LocalFile {
 public:
  /// Opens a regular file that is not empty.
  explicit LocalFile(const std::string& path);
  ~LocalFile();
  LocalFile(const LocalFile&) = delete;
  LocalFile& operator=(const LocalFile&) = delete;

  const std::string& path() const { return path_; }
  /// The last part of the path, printable and at most 200 characters: what a model made of it is called.
  std::string name() const;
  std::int64_t size() const { return size_; }

  /// Reads the whole file. 64 lower-case hexadecimal digits.
  std::string Sha256() const;

  /// Up to `size` bytes from `offset`; fewer only at the end.
  std::string Read(std::int64_t offset, std::int64_t size) const;

 private:
  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

/// Where downloaded bytes go: a file, or standard output for the path `-`. A file appears under its name only when it
/// is complete and its digest is right; until then, and if not, there is nothing.
class OutputFile {
 public:
  /// Throws UsageError if `path` exists and `overwrite` is false, or cannot be written.
  OutputFile(const std::string& path, bool overwrite);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(const std::string& bytes);
  /// Puts the file in its place. Throws UsageError if that fails.
  void Commit();
  /// Removes what has been written so far. For a process that is about to end without destructors.
  void Discard() const;

 private:
  std::string path_;
  std::string temporary_path_;  // empty for standard output
  int descriptor_ = -1;
};

}  // namespace modlab::client
