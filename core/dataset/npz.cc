#include "core/dataset/npz.h"

#include <zip.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "core/dataset/npy.h"
#include "core/shown_text.h"

namespace modlab {
namespace {

constexpr std::string_view kSuffix = ".npy";
/// Deflate's, which makes no more of a byte.
constexpr uint64_t kLargestRatio = 1032;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::string Reason(zip_error_t* error) {
  std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  return text;
}

std::unique_ptr<zip_t, Discard> OpenArchive(const Content& content) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(content.bytes.data(), content.bytes.size(), 0, &error);
  if (source == nullptr) throw std::bad_alloc();
  // CHECKCONS: what the directory says, and what stands before each file, are the same, and no name stands twice.
  zip_t* const archive = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (archive == nullptr) {
    zip_source_free(source);
    if (zip_error_code_zip(&error) == ZIP_ER_EXISTS)
      content.Throw("is a zip archive in which two files have the same name");
    content.Throw("is a zip archive that is damaged or cut off (" + Reason(&error) + ")");
  }
  return std::unique_ptr<zip_t, Discard>(archive);
}

/// Arrays' names, without .npy, and their places.
std::vector<std::pair<std::string, zip_uint64_t>> ArraysOf(zip_t* archive) {
  std::vector<std::pair<std::string, zip_uint64_t>> arrays;
  const zip_int64_t entries = zip_get_num_entries(archive, 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    const auto place = static_cast<zip_uint64_t>(i);
    const char* const raw = zip_get_name(archive, place, ZIP_FL_ENC_RAW);
    std::string name = raw == nullptr ? "" : raw;
    if (name.size() < kSuffix.size() || name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) != 0) {
      continue;
    }
    name.resize(name.size() - kSuffix.size());
    arrays.emplace_back(std::move(name), place);
  }
  return arrays;
}

zip_uint64_t PlaceOf(zip_t* archive, const Content& content, const std::string& member, std::string& name) {
  const auto arrays = ArraysOf(archive);
  if (arrays.empty()) {
    content.Throw("is a zip archive without any .npy file; expected NumPy's .npz, as numpy.savez writes it");
  }
  if (member.empty() && arrays.size() == 1) {
    name = arrays[0].first;
    return arrays[0].second;
  }
  std::vector<std::string> names;
  for (const auto& [array, place] : arrays) {
    if (!member.empty() && (member == array || member == array + std::string(kSuffix))) {
      name = array;
      return place;
    }
    names.push_back(array);
  }
  if (member.empty()) content.Throw("has several arrays; say which one: there are " + NearNames(member, names));
  content.Throw("has no array called " + Quoted(member) + "; there are " + NearNames(member, names));
}

}  // namespace

bool IsZip(Span<const std::byte> bytes) {
  const auto starts = [&](const char* magic) { return std::memcmp(bytes.data(), magic, 4) == 0; };
  return bytes.size() >= 4 && (starts("PK\x03\x04") || starts("PK\x05\x06"));
}

Array ReadNpz(const Content& content, const std::string& member) {
  const auto archive = OpenArchive(content);
  Content array = content;
  std::string name;
  const zip_uint64_t place = PlaceOf(archive.get(), content, member, name);
  array.shown_name += ", array " + Quoted(name);
  zip_stat_t status;
  if (zip_stat_index(archive.get(), place, 0, &status) != 0) array.Throw("its entry in the archive is damaged");
  constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  if ((status.valid & needed) != needed) array.Throw("its entry in the archive does not say how long it is");
  if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != ZIP_EM_NONE) {
    array.Throw("is encrypted; expected an archive without a password");
  }
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE) {
    array.Throw("is compressed by zip's method " + std::to_string(status.comp_method) +
                "; expected stored or deflated, as numpy.savez and numpy.savez_compressed do");
  }
  if (status.size > static_cast<zip_uint64_t>(INT64_MAX)) array.Throw("its entry in the archive is damaged");
  array.CheckCopy(static_cast<int64_t>(status.size), "it");
  if (status.comp_size > content.bytes.size() || status.size / kLargestRatio > status.comp_size) {
    array.Throw("its entry in the archive says " + std::to_string(status.size) + " bytes, of " +
                std::to_string(status.comp_size) + " compressed ones, which cannot be");
  }
  // As bytes; they start at a multiple of 64, so that NumPy's elements, which do in its file, are aligned.
  NewArray bytes(ElementType::kUint8, {static_cast<int64_t>(status.size)});
  const std::unique_ptr<zip_file_t, Discard> file(zip_fopen_index(archive.get(), place, 0));
  if (file == nullptr) array.Throw(std::string("cannot be read (") + zip_strerror(archive.get()) + ")");
  zip_uint64_t read = 0;
  std::byte beyond{};
  while (true) {
    const bool whole = read == status.size;
    const zip_int64_t part =
        zip_fread(file.get(), whole ? &beyond : bytes.target + read, whole ? 1 : status.size - read);
    if (part < 0) array.Throw(std::string("is damaged (") + zip_file_strerror(file.get()) + ")");
    if (part > 0 && whole) array.Throw("is longer than its entry in the archive says");
    if (part == 0) break;
    read += static_cast<zip_uint64_t>(part);
  }
  if (read != status.size) array.ThrowAtByte(read, "is shorter than its entry in the archive says");
  array.bytes = bytes.array.bytes;
  array.owner = bytes.array.owner;
  return ReadNpy(array);
}

}  // namespace modlab
