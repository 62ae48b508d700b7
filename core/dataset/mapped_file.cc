#include "core/dataset/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace modlab {
namespace {

[[noreturn]] void Throw(int error, const char* action, const std::filesystem::path& path) {
  throw std::system_error(error, std::generic_category(), action + path.string());
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  // Without waiting, should it be a pipe that nobody writes.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) Throw(errno, "open ", path);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) Throw(errno, "stat ", path);
  if (!S_ISREG(status.st_mode)) Throw(S_ISDIR(status.st_mode) ? EISDIR : EINVAL, "map ", path);
  const auto size = static_cast<size_t>(status.st_size);
  const void* start = nullptr;
  if (size > 0) {
    void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapping == MAP_FAILED) Throw(errno, "map ", path);
    start = mapping;
  }
  return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const std::byte*>(start), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace modlab
