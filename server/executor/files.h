#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace modlab::server {

/// A file descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();

  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }
  int Release();

 private:
  int descriptor_ = -1;
};

/// Throws std::system_error for the present errno; `what` says what was being done, to which file.
[[noreturn]] void ThrowErrno(const std::string& what);

/// Whether a file could not be written since the disk, or a quota on it, is full.
bool IsDiskFull(const std::error_code& error);
/// Whether an error says that the machine is short of something (descriptors, memory, processes, disk) or broken, and
/// nothing of the file at hand: what was to be done can be tried again.
bool IsShortage(const std::error_code& error);

/// Writes all bytes, going on after interruptions. Throws std::system_error.
void WriteAll(int descriptor, std::string_view bytes);

/// Writes to a file of the kernel's, as in a cgroup, in one call. Returns whether the kernel took it.
bool WriteToKernel(const std::filesystem::path& path, std::string_view text);

/// Writes a whole file so that after a crash there is the old one or the new one: temporary name, sync, rename, sync of
/// the directory. Throws std::system_error.
void WriteFileAtomically(const std::filesystem::path& path, std::string_view content);

/// Opens a file that somebody hostile may have made: a regular file, no link followed, at most `max_bytes` long; never
/// blocks on a FIFO. An absent file gives an invalid descriptor. Throws std::runtime_error where it is anything else.
FileDescriptor OpenUntrusted(const std::filesystem::path& path, int64_t max_bytes);

/// Reads at most `max_bytes` from `offset`; fewer at the end of the file. Throws std::system_error.
std::string ReadAt(int descriptor, int64_t offset, size_t max_bytes);

/// What there is to read now, at most 64 KiB of it. Empty at the end; nothing, with errno, where there is none or it
/// fails.
std::optional<std::string> ReadSome(int descriptor);

/// Copies a file that somebody hostile may have made, and may still write to, to a new one (mode 0600), synced: at most
/// `limit` bytes. Returns how many there were. Throws std::system_error; also where `to` exists.
int64_t CopyUntrusted(const FileDescriptor& source, const std::filesystem::path& to, int64_t limit);

/// Size of an open file in bytes. Throws std::system_error.
int64_t SizeOf(int descriptor);

/// All of a file through OpenUntrusted; nothing where it is absent.
std::optional<std::string> ReadUntrusted(const std::filesystem::path& path, int64_t max_bytes);

/// Removes a directory with everything in it, also where it, or a directory in it, is not writable. No link is
/// followed. What cannot be removed is left.
void RemoveTree(const std::filesystem::path& path) noexcept;

/// Syncs a directory's entries. Throws std::system_error.
void SyncDirectory(const std::filesystem::path& path);

}  // namespace modlab::server
