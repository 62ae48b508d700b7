#include "server/store/blob_store.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <vector>

namespace modlab::server {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kBytesAtOnce = 1 << 30;

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
      throw std::runtime_error("OpenSSL has no SHA-256");
    }
  }
  void Update(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  std::string Hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context_.get(), bytes.data(), &length);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < length; ++i) {
      hex += digits[bytes.at(i) >> 4];
      hex += digits[bytes.at(i) & 15];
    }
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

FileDescriptor OpenForReading(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) ThrowErrno("open " + path.string());
  return file;
}

/// Calls visit(bytes) for the file from `offset` on, in order.
template <typename Visit>
void ForEachChunk(int file, int64_t offset, Visit visit) {
  while (true) {
    const std::string bytes = ReadAt(file, offset, kBufferBytes);
    if (bytes.empty()) return;
    visit(bytes);
    offset += static_cast<int64_t>(bytes.size());
  }
}

/// As many bytes as the kernel copies from the one's beginning to the other's.
int64_t CopyWithinKernel(int from, int to) {
  int64_t copied = 0;
  while (true) {
    const ssize_t some = ::copy_file_range(from, nullptr, to, nullptr, kBytesAtOnce, 0);
    if (some > 0) copied += some;
    if (some == 0 || (some < 0 && errno != EINTR)) return copied;
  }
}

}  // namespace

std::string Sha256OfFile(const std::filesystem::path& path) {
  const FileDescriptor file = OpenForReading(path);
  Digest digest;
  ForEachChunk(file.get(), 0, [&](const std::string& bytes) { digest.Update(bytes); });
  return digest.Hex();
}

std::string Sha256(std::string_view bytes) {
  Digest digest;
  digest.Update(bytes);
  return digest.Hex();
}

BlobStore::BlobStore(std::filesystem::path root) : root_(std::move(root)) {
  std::filesystem::create_directories(root_);
}

std::filesystem::path BlobStore::PathOf(const std::string& sha256) const {
  return root_ / sha256.substr(0, 2) / sha256;
}

void BlobStore::Adopt(const std::filesystem::path& file, const std::string& sha256) {
  const std::filesystem::path path = PathOf(sha256);
  if (std::filesystem::create_directory(path.parent_path())) SyncDirectory(root_);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  std::filesystem::rename(file, path);
  SyncDirectory(path.parent_path());
}

void BlobStore::CopyTo(const std::string& sha256, const std::filesystem::path& target) const {
  const FileDescriptor source = Open(sha256);
  const FileDescriptor copy(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
  if (!copy.valid()) ThrowErrno("create " + target.string());
  if (::ioctl(copy.get(), FICLONE, source.get()) == 0) return;
  // What the kernel does not copy, between two file systems, say, is copied here from where it stopped; or fails again.
  ForEachChunk(source.get(), CopyWithinKernel(source.get(), copy.get()),
               [&](const std::string& bytes) { WriteAll(copy.get(), bytes); });
}

FileDescriptor BlobStore::Open(const std::string& sha256) const { return OpenForReading(PathOf(sha256)); }

void BlobStore::Remove(const std::string& sha256) noexcept {
  std::error_code ignored;
  std::filesystem::remove(PathOf(sha256), ignored);
}

int BlobStore::Sweep(const std::set<std::string>& known) {
  std::vector<std::filesystem::path> orphans;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
    if (entry.is_regular_file() && !known.contains(entry.path().filename().string())) orphans.push_back(entry.path());
  }
  for (const auto& orphan : orphans) std::filesystem::remove(orphan);
  return static_cast<int>(orphans.size());
}

}  // namespace modlab::server
