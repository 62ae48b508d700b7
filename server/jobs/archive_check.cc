#include "server/jobs/archive_check.h"

#include <fmt/format.h>
#include <zip.h>

#include <memory>
#include <string_view>

#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

// torch.jit.save stores tensors as they are; only code and debug information are ever compressed.
constexpr zip_uint64_t kLargestRatio = 200;
constexpr zip_uint64_t kFreeBytes = 16 << 20;
constexpr zip_int64_t kLargestEntries = 1'000'000;

[[noreturn]] void Refuse(const std::string& message) {
  throw RequestError(modlab::v1::FORMAT_INVALID, message + ": save the model with torch.jit.save", "upload");
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
  if (entries > kLargestEntries) Refuse(fmt::format("the archive has {} entries, which no model has", entries));
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
