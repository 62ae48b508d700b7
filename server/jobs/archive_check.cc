#include "server/jobs/archive_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/executor/files.h"
#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

// torch.jit.save stores tensors as they are; only code and debug information are ever compressed.
constexpr zip_uint64_t kLargestRatio = 200;
constexpr zip_uint64_t kFreeBytes = 16 << 20;
constexpr uint64_t kLargestEntries = 200'000;
constexpr uint64_t kLargestDirectoryBytes = 32 << 20;

/// More than torch.jit.save writes (one, to align a tensor) and zip64 needs. libzip keeps each as an object of its own.
constexpr size_t kMostExtraFields = 4;

// The zip format's records (PKWARE's APPNOTE, 4.3.12 and 4.3.14 to 4.3.16).
constexpr size_t kHeaderBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocatorBytes = 20;
constexpr size_t kEnd64Bytes = 56;
constexpr uint64_t kIn64BitRecord = 0xffffffff;
/// A directory's end is looked for in so much of an archive's: more than any libzip does (a comment has up to 65,535
/// bytes, and some versions take one more), so that no record's locator is out of sight.
constexpr int64_t kTailBytes = 128 << 10;

[[noreturn]] void RefuseArchive(const std::string& message) {
  throw RequestError(modlab::v1::FORMAT_INVALID, message + ": save the model with torch.jit.save", "upload");
}

/// A little-endian number.
uint64_t Number(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i > 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return number;
}

/// What an archive's end says of its directory.
struct Directory {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
};

/// libzip reads a whole directory into memory, makes room for as many entries as it claims to have, and some versions
/// do so for every record that may be the directory's end. So this looks before it at all that libzip could read.
class DirectoryCheck {
 public:
  explicit DirectoryCheck(const std::filesystem::path& path)
      : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), size_(0) {
    if (!file_.valid()) ThrowErrno("open " + path.string());
    size_ = SizeOf(file_.get());
  }

  void Run() const {
    const int64_t start = std::max<int64_t>(0, size_ - kTailBytes);
    const std::string tail = ReadAt(file_.get(), start, static_cast<size_t>(size_ - start));
    int directories = 0;
    for (size_t at = tail.find("PK\5\6"); at != std::string::npos && at + kEndBytes <= tail.size();
         at = tail.find("PK\5\6", at + 1)) {
      bool found = false;
      for (const Directory& directory : EndingAt(tail, at, static_cast<uint64_t>(start))) {
        if (!IsThere(directory)) continue;
        if (!found && ++directories > 1) RefuseArchive("the archive has several directories, which no model has");
        found = true;
        Walk(directory);
      }
    }
  }

 private:
  /// The directories that libzip could take a record for the end of. Numbers in a weight can look like a record.
  std::vector<Directory> EndingAt(const std::string& tail, size_t at, uint64_t start) const {
    std::vector<Directory> found;
    const Directory named{Number(tail, at + 16, 4), Number(tail, at + 12, 4), Number(tail, at + 10, 2)};
    const bool has_locator = at >= kLocatorBytes && tail.compare(at - kLocatorBytes, 4, "PK\6\7") == 0;
    const bool is_elsewhere = has_locator && (named.offset == kIn64BitRecord || named.bytes == kIn64BitRecord);
    if (!is_elsewhere && named.offset + named.bytes <= start + at) found.push_back(CheckSize(named));
    if (!has_locator) return found;
    const uint64_t place = Number(tail, at - kLocatorBytes + 8, 8);
    if (place >= static_cast<uint64_t>(size_)) return found;
    const std::string end64 = ReadAt(file_.get(), static_cast<int64_t>(place), kEnd64Bytes);
    if (end64.size() == kEnd64Bytes) {
      found.push_back(CheckSize({Number(end64, 48, 8), Number(end64, 40, 8), Number(end64, 32, 8)}));
    }
    return found;
  }

  static Directory CheckSize(const Directory& directory) {
    if (directory.entries > kLargestEntries) RefuseEntries(directory.entries);
    if (directory.bytes > kLargestDirectoryBytes) {
      RefuseArchive(fmt::format("the archive has a directory of {} MiB, which no model has", directory.bytes >> 20));
    }
    return directory;
  }

  [[noreturn]] static void RefuseEntries(uint64_t entries) {
    RefuseArchive(fmt::format("the archive has {} entries, which no model has", entries));
  }

  std::string Read(uint64_t offset, size_t bytes) const {
    return ReadAt(file_.get(), static_cast<int64_t>(offset), bytes);
  }

  bool IsThere(const Directory& directory) const {
    const auto size = static_cast<uint64_t>(size_);
    if (directory.bytes == 0 || directory.offset >= size || directory.bytes > size - directory.offset) return false;
    return Read(directory.offset, 4) == "PK\1\2";
  }

  /// Counts what is really in it: the number of entries at its end has 16 bits, and libzip reads on past it.
  void Walk(const Directory& directory) const {
    const uint64_t end = directory.offset + directory.bytes;
    uint64_t entries = 0;
    for (uint64_t at = directory.offset; at < end;) {
      const std::string header = Read(at, kHeaderBytes);
      if (header.size() < kHeaderBytes || header.compare(0, 4, "PK\1\2") != 0) return;  // for libzip to complain of
      if (++entries > kLargestEntries) RefuseEntries(entries);
      const uint64_t name = Number(header, 28, 2);
      const uint64_t extra = Number(header, 30, 2);
      if (extra > 0) CheckExtraFields(Read(at + kHeaderBytes + name, extra), entries - 1);
      at += kHeaderBytes + name + extra + Number(header, 32, 2);
    }
  }

  static void CheckExtraFields(const std::string& extra, uint64_t entry) {
    size_t fields = 0;
    for (size_t at = 0; at + 4 <= extra.size(); at += 4 + Number(extra, at + 2, 2)) {
      if (++fields > kMostExtraFields) {
        RefuseArchive(fmt::format("entry {} of the archive has more extra fields than a model's have", entry));
      }
    }
  }

  FileDescriptor file_;
  int64_t size_;
};

struct Archive {
  zip_t* zip = nullptr;
  ~Archive() {
    if (zip != nullptr) zip_discard(zip);
  }
};

bool LeavesArchive(std::string_view name) {
  return name.starts_with("/") || name.find("..") != std::string_view::npos ||
         name.find('\\') != std::string_view::npos;
}

/// The name behind the archive's one top folder.
std::string_view BehindTop(std::string_view name) {
  const size_t slash = name.find('/');
  return slash == std::string_view::npos ? std::string_view() : name.substr(slash + 1);
}

}  // namespace

void CheckTorchScriptArchive(const std::filesystem::path& path) {
  DirectoryCheck(path).Run();
  int code = 0;
  const Archive archive{zip_open(path.c_str(), ZIP_RDONLY, &code)};
  if (archive.zip == nullptr) {
    if (code == ZIP_ER_NOZIP) RefuseArchive("the file is not a TorchScript archive (not a zip file, or cut off)");
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    RefuseArchive("the file is not a readable archive (" + text + ")");
  }
  const zip_int64_t entries = zip_get_num_entries(archive.zip, 0);
  bool version = false;
  bool data = false;
  bool code_folder = false;
  zip_uint64_t total = 0;
  zip_uint64_t stored = 0;
  for (zip_int64_t i = 0; i < entries; ++i) {
    zip_stat_t entry;
    zip_stat_init(&entry);
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(archive.zip, static_cast<zip_uint64_t>(i), 0, &entry) != 0 || (entry.valid & needed) != needed) {
      RefuseArchive(fmt::format("entry {} of the archive is damaged", i));
    }
    const std::string_view name = entry.name;
    if (LeavesArchive(name)) RefuseArchive(fmt::format("the archive has an entry named `{}`, outside itself", name));
    if (__builtin_add_overflow(total, entry.size, &total) || __builtin_add_overflow(stored, entry.comp_size, &stored)) {
      RefuseArchive(fmt::format("entry {} of the archive has a size that nothing has", i));
    }
    const std::string_view inner = BehindTop(name);
    version = version || inner == "version" || inner == ".data/version";
    data = data || inner == "data.pkl";
    code_folder = code_folder || inner.starts_with("code/");
  }
  if (total > kFreeBytes && total / kLargestRatio > stored) {
    RefuseArchive(fmt::format("the archive unpacks from {} to {} bytes, which no model does", stored, total));
  }
  if (!version || !data) RefuseArchive("the file is a zip archive but not a TorchScript model");
  if (!code_folder) {
    RefuseArchive(
        "the file holds tensors but no code (a state_dict, or a model saved with torch.save): script or trace the "
        "model first (torch.jit.script)");
  }
}

}  // namespace modlab::server
