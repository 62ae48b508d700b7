#include "server/executor/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

namespace modlab::server {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (valid()) ::close(descriptor_);
    descriptor_ = other.Release();
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (valid()) ::close(descriptor_);
}

int FileDescriptor::Release() { return std::exchange(descriptor_, -1); }

void ThrowErrno(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

bool IsDiskFull(const std::error_code& error) {
  return error == std::errc::no_space_on_device || error == std::error_code(EDQUOT, std::generic_category());
}

bool IsShortage(const std::error_code& error) {
  const int shortages[] = {EMFILE, ENFILE, ENOMEM, EAGAIN, EIO};
  return IsDiskFull(error) || std::any_of(std::begin(shortages), std::end(shortages), [&](int code) {
           return error == std::error_code(code, std::generic_category());
         });
}

void WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) ThrowErrno("write");
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void SyncDirectory(const std::filesystem::path& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) ThrowErrno("sync " + path.string());
}

bool WriteToKernel(const std::filesystem::path& path, std::string_view text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.valid() && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void WriteFileAtomically(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path temporary = path;
  temporary.replace_extension(".tmp");
  {
    const FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.valid()) ThrowErrno("create " + temporary.string());
    WriteAll(file.get(), content);
    if (::fsync(file.get()) != 0) ThrowErrno("sync " + temporary.string());
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) ThrowErrno("rename " + temporary.string());
  SyncDirectory(path.parent_path());
}

FileDescriptor OpenUntrusted(const std::filesystem::path& path, int64_t max_bytes) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT) return file;
    if (errno == ELOOP) throw std::runtime_error(path.filename().string() + " is a link");
    ThrowErrno("open " + path.string());
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) ThrowErrno("stat " + path.string());
  if (!S_ISREG(status.st_mode)) throw std::runtime_error(path.filename().string() + " is not a regular file");
  if (status.st_size > max_bytes) {
    throw std::runtime_error(path.filename().string() + " has " + std::to_string(status.st_size) + " bytes; at most " +
                             std::to_string(max_bytes) + " are taken");
  }
  return file;
}

std::string ReadAt(int descriptor, int64_t offset, size_t max_bytes) {
  std::string bytes(max_bytes, '\0');
  size_t have = 0;
  while (have < max_bytes) {
    const ssize_t got = ::pread(descriptor, bytes.data() + have, max_bytes - have, offset + static_cast<int64_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) ThrowErrno("read");
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::optional<std::string> ReadSome(int descriptor) {
  std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
  if (got < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<size_t>(got));
}

int64_t CopyUntrusted(const FileDescriptor& source, const std::filesystem::path& to, int64_t limit) {
  constexpr size_t chunk_bytes = 1 << 20;
  const FileDescriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target.valid()) ThrowErrno("create " + to.string());
  int64_t size = 0;
  while (size < limit) {  // a file that goes on growing while it is read is cut
    const std::string bytes = ReadAt(source.get(), size, chunk_bytes);
    if (bytes.empty()) break;
    WriteAll(target.get(), bytes);
    size += static_cast<int64_t>(bytes.size());
  }
  if (::fsync(target.get()) != 0) ThrowErrno("sync " + to.string());
  return size;
}

int64_t SizeOf(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) ThrowErrno("stat");
  return status.st_size;
}

std::optional<std::string> ReadUntrusted(const std::filesystem::path& path, int64_t max_bytes) {
  const FileDescriptor file = OpenUntrusted(path, max_bytes);
  if (!file.valid()) return std::nullopt;
  return ReadAt(file.get(), 0, static_cast<size_t>(std::min(SizeOf(file.get()), max_bytes)));
}

void RemoveTree(const std::filesystem::path& path) noexcept {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(fs::symlink_status(path, ignored))) {
    fs::permissions(path, fs::perms::owner_all, ignored);
    for (fs::recursive_directory_iterator entry(path, ignored), end; !ignored && entry != end;
         entry.increment(ignored)) {
      if (entry->symlink_status(ignored).type() == fs::file_type::directory) {
        fs::permissions(entry->path(), fs::perms::owner_all, ignored);
      }
    }
  }
  fs::remove_all(path, ignored);
}

}  // namespace modlab::server
