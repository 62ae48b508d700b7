#include "core/dataset/tensor_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <stdexcept>
#include <system_error>

#include "core/dataset/mapped_file.h"
#include "core/dataset/safetensors.h"

namespace modlab {
namespace {

constexpr size_t kAlignment = 64;

/// A file that is written from its start to its end, and goes away unless it is finished.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& path)
      : path_(path), file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (file_ < 0) Throw();
  }
  ~Writer() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(path_.c_str());
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Write(const void* data, size_t bytes) {
    constexpr size_t most_at_once = 1 << 30;
    const auto* from = static_cast<const std::byte*>(data);
    while (bytes > 0) {
      const ssize_t written = ::write(file_, from, std::min(bytes, most_at_once));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) Throw();
      from += written;
      bytes -= static_cast<size_t>(written);
    }
  }

  void Finish() {
    if (::fsync(file_) != 0) Throw();
    const int file = file_;
    file_ = -1;
    if (::close(file) != 0) {
      const int error = errno;
      ::unlink(path_.c_str());
      errno = error;
      Throw();
    }
  }

 private:
  [[noreturn]] void Throw() const {
    throw std::system_error(errno, std::generic_category(), "write " + path_.string());
  }

  std::filesystem::path path_;
  int file_;
};

void CheckNames(const std::vector<NamedArray>& tensors) {
  std::set<std::string_view> names = {"", "__metadata__"};
  for (const auto& [name, array] : tensors) {
    if (!names.insert(name).second) throw std::logic_error("a tensor cannot be called \"" + name + "\", or not twice");
    if (BytesOf(array.type, array.shape) != static_cast<int64_t>(array.bytes.size()) || array.shape.size() > kMaxRank) {
      throw std::logic_error("the tensor " + name + " has another shape than elements");
    }
  }
}

/// Places of the tensors in the order of their data.
std::vector<size_t> DataOrder(const std::vector<NamedArray>& tensors) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return SizeOf(tensors[a].array.type) > SizeOf(tensors[b].array.type); });
  return order;
}

std::string Header(const std::vector<NamedArray>& tensors, const std::vector<size_t>& order,
                   const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<int64_t, int64_t>> places(tensors.size());
  int64_t end = 0;
  for (const size_t i : order) {
    const int64_t begin = end;
    if (__builtin_add_overflow(begin, static_cast<int64_t>(tensors[i].array.bytes.size()), &end)) {
      throw std::logic_error("tensors of more bytes than can be counted");
    }
    places[i] = {begin, end};
  }
  using Json = nlohmann::json;  // dump() throws where a text is no UTF-8
  std::string text = "{";
  if (!metadata.empty()) text += "\"__metadata__\":" + Json(metadata).dump();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Array& array = tensors[i].array;
    const Json entry = {{"dtype", SafetensorsTypeOf(array.type)},
                        {"shape", array.shape},
                        {"data_offsets", {places[i].first, places[i].second}}};
    text += (text.size() > 1 ? "," : "") + Json(tensors[i].name).dump() + ":" + entry.dump();
  }
  text += "}";
  text.append((kAlignment - (sizeof(uint64_t) + text.size()) % kAlignment) % kAlignment, ' ');
  if (text.size() > kLongestSafetensorsHeader) throw std::logic_error("a header of more than 16 MiB");
  return text;
}

}  // namespace

void WriteTensorFile(const std::filesystem::path& path, const std::vector<NamedArray>& tensors,
                     const std::map<std::string, std::string>& metadata) {
  CheckNames(tensors);
  const std::vector<size_t> order = DataOrder(tensors);
  std::string header;
  try {
    header = Header(tensors, order, metadata);
  } catch (const nlohmann::json::exception& error) {
    throw std::logic_error(error.what());
  }
  Writer writer(path);
  std::byte length[sizeof(uint64_t)];
  for (size_t i = 0; i < sizeof length; ++i) length[i] = static_cast<std::byte>(header.size() >> (8 * i));
  writer.Write(length, sizeof length);
  writer.Write(header.data(), header.size());
  for (const size_t i : order) writer.Write(tensors[i].array.bytes.data(), tensors[i].array.bytes.size());
  writer.Finish();
}

TensorFile TensorFile::Open(const std::filesystem::path& path, const std::string& shown_name) {
  const auto mapped = MappedFile::Open(path);
  const Content content = {mapped->bytes(), mapped, shown_name, std::numeric_limits<int64_t>::max()};
  SafetensorsHeader header = ReadSafetensorsHeader(content);
  TensorFile file;
  file.metadata_ = std::move(header.metadata);
  for (const SafetensorsEntry& entry : header.entries) {
    file.places_.emplace(entry.name, file.tensors_.size());
    file.tensors_.push_back({entry.name, SafetensorsArray(content, header, entry)});
  }
  return file;
}

const Array* TensorFile::Find(std::string_view name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &tensors_[found->second].array;
}

std::vector<std::string> TensorFile::names() const {
  std::vector<std::string> names;
  for (const NamedArray& tensor : tensors_) names.push_back(tensor.name);
  return names;
}

}  // namespace modlab
