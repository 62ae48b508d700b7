#include "server/jobs/archive_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/executor/files.h"
#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

// torch.jit.save stores tensors as they are; only code and debug information are ever compressed.
constexpr zip_uint64_t kLargestRatio = 200;
constexpr zip_uint64_t kFreeBytes = 16 << 20;
constexpr uint64_t kLargestEntries = 200'000;
constexpr uint64_t kLargestDirectoryBytes = 32 << 20;

// The zip format's records at the end of an archive (PKWARE's APPNOTE, 4.3.14 to 4.3.16).
constexpr size_t kEndBytes = 22;
constexpr size_t kLocatorBytes = 20;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kLongestComment = 65535;

[[noreturn]] void Refuse(const std::string& message) {
  throw RequestError(modlab::v1::FORMAT_INVALID, message + ": save the model with torch.jit.save", "upload");
}

/// A little-endian number.
uint64_t Number(std::string_view bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i > 0; --i) number = number << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return number;
}

/// libzip reads a whole directory into memory, and makes room for as many entries as it claims to have. So this looks
/// before it at every record that libzip could take for the directory's.
void CheckDirectorySize(const std::filesystem::path& path) {
  const auto check = [](uint64_t entries, uint64_t bytes) {
    if (entries > kLargestEntries) Refuse(fmt::format("the archive has {} entries, which no model has", entries));
    if (bytes > kLargestDirectoryBytes) {
      Refuse(fmt::format("the archive has a directory of {} MiB, which no model has", bytes >> 20));
    }
  };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) ThrowErrno("open " + path.string());
  const int64_t size = SizeOf(file.get());
  const int64_t start = std::max<int64_t>(0, size - static_cast<int64_t>(kLongestComment + kEndBytes + kLocatorBytes));
  const std::string tail = ReadAt(file.get(), start, static_cast<size_t>(size - start));
  for (size_t at = tail.find("PK\5\6"); at != std::string::npos && at + kEndBytes <= tail.size();
       at = tail.find("PK\5\6", at + 1)) {
    const uint64_t bytes = Number(tail, at + 12, 4);
    // A directory that does not end before its record is none: numbers in a weight can look like the record's start.
    if (Number(tail, at + 16, 4) + bytes <= static_cast<uint64_t>(start) + at) check(Number(tail, at + 10, 2), bytes);
    if (at < kLocatorBytes || tail.compare(at - kLocatorBytes, 4, "PK\6\7") != 0) continue;
    const uint64_t place = Number(tail, at - kLocatorBytes + 8, 8);
    if (place >= static_cast<uint64_t>(size)) continue;
    const std::string end64 = ReadAt(file.get(), static_cast<int64_t>(place), kEnd64Bytes);
    if (end64.size() == kEnd64Bytes) check(Number(end64, 32, 8), Number(end64, 40, 8));
  }
}

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
  CheckDirectorySize(path);
  int code = 0;
  const Archive archive{zip_open(path.c_str(), ZIP_RDONLY, &code)};
  if (archive.zip == nullptr) {
    if (code == ZIP_ER_NOZIP) Refuse("the file is not a TorchScript archive (not a zip file, or cut off)");
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string text = zip_error_strerror(&error);
    zip_error_fini(&error);
    Refuse("the file is not a readable archive (" + text + ")");
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
      Refuse(fmt::format("entry {} of the archive is damaged", i));
    }
    const std::string_view name = entry.name;
    if (LeavesArchive(name)) Refuse(fmt::format("the archive has an entry named `{}`, outside itself", name));
    if (__builtin_add_overflow(total, entry.size, &total) || __builtin_add_overflow(stored, entry.comp_size, &stored)) {
      Refuse(fmt::format("entry {} of the archive has a size that nothing has", i));
    }
    const std::string_view inner = BehindTop(name);
    version = version || inner == "version" || inner == ".data/version";
    data = data || inner == "data.pkl";
    code_folder = code_folder || inner.starts_with("code/");
  }
  if (total > kFreeBytes && total / kLargestRatio > stored) {
    Refuse(fmt::format("the archive unpacks from {} to {} bytes, which no model does", stored, total));
  }
  if (!version || !data) Refuse("the file is a zip archive but not a TorchScript model");
  if (!code_folder) {
    Refuse(
        "the file holds tensors but no code (a state_dict, or a model saved with torch.save): script or trace the "
        "model first (torch.jit.script)");
  }
}

}  // namespace modlab::server
