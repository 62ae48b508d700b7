#include "client/local_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "client/digest.h"
#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

UsageError CannotUse(const std::string& what, const std::string& path, int error) {
  return UsageError(fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(error)));
}

}  // namespace

bool LooksLikeFile(const std::string& subject, std::string_view collection) {
  if (subject.starts_with(collection)) return false;
  std::error_code error;
  return std::filesystem::exists(subject, error) || subject.find_first_of("/.") != std::string::npos;
}

LocalFile::LocalFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw CannotUse("read", path, errno);
  struct stat status {};
  const bool known = fstat(descriptor_, &status) == 0;
  size_ = status.st_size;
  std::string problem;
  if (known && S_ISDIR(status.st_mode)) {
    problem = "is a directory; name a file in it";
  } else if (!known || !S_ISREG(status.st_mode)) {
    problem = "is not a regular file; copy its content into one first";
  } else if (size_ == 0) {
    problem = "is empty; whatever wrote it did not finish";
  }
  if (problem.empty()) return;
  close(descriptor_);
  throw UsageError(fmt::format("{} {}", path, problem));
}

LocalFile::~LocalFile() { close(descriptor_); }

std::string LocalFile::name() const {
  return Shortened(Printable(std::filesystem::path(path_).filename().string()), 200);
}

std::string LocalFile::Sha256() const {
  client::Sha256 digest;
  constexpr std::int64_t block_bytes = 1 << 20;
  for (std::int64_t offset = 0; offset < size_; offset += block_bytes) digest.Update(Read(offset, block_bytes));
  return digest.Finish();
}

std::string LocalFile::Read(std::int64_t offset, std::int64_t size) const {
  std::string bytes(static_cast<std::size_t>(std::clamp<std::int64_t>(size_ - offset, 0, size)), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pread(descriptor_, bytes.data() + done, bytes.size() - done, offset + static_cast<std::int64_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw CannotUse("read", path_, errno);
    if (count == 0) throw UsageError(fmt::format("{} became shorter while it was read; try again", path_));
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

OutputFile::OutputFile(const std::string& path, bool overwrite) : path_(path) {
  if (path == "-") {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  if (!overwrite && access(path.c_str(), F_OK) == 0) {
    throw UsageError(fmt::format("{} exists; name another file with --to, or say --overwrite", path));
  }
  temporary_path_ = fmt::format("{}.part-{}", path, getpid());
  descriptor_ = open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw CannotUse("write", temporary_path_, errno);
}

OutputFile::~OutputFile() {
  if (!temporary_path_.empty()) close(descriptor_);
  Discard();
}

void OutputFile::Discard() const {
  if (!temporary_path_.empty()) unlink(temporary_path_.c_str());
}

void OutputFile::Write(const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw CannotUse("write", path_, errno);
    done += static_cast<std::size_t>(count);
  }
}

void OutputFile::Commit() {
  if (temporary_path_.empty()) return;
  if (fsync(descriptor_) != 0 || rename(temporary_path_.c_str(), path_.c_str()) != 0) {
    throw CannotUse("write", path_, errno);
  }
}

}  // namespace modlab::client
