#include "tests/unit/core/dataset/file_content.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/dataset/array_file.h"

namespace modlab {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "modlab-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TemporaryDirectory::Write(const std::string& name, const std::string& content) const {
  std::filesystem::path file = path_ / name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("no file " + path.string());
  return {std::istreambuf_iterator<char>(stream), {}};
}

Array ArrayOf(const std::string& content, const std::string& member, int64_t max_bytes) {
  const TemporaryDirectory directory;
  return ReadArray(directory.Write("content", content), "file", member, max_bytes);
}

std::string RefusalOf(const std::string& content, const std::string& member, int64_t max_bytes) {
  return SentenceOf([&] { ArrayOf(content, member, max_bytes); });
}

std::string Gzip(const std::string& content) {
  z_stream stream = {};
  if (::deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string compressed(::deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("not compressed");
  compressed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return compressed;
}

std::string Npy(const std::string& header, const std::string& data) {
  return "\x93NUMPY" + std::string("\x01\x00", 2) + LittleEndian(static_cast<uint16_t>(header.size())) + header + data;
}

std::string Safetensors(const std::string& header, const std::string& data) {
  return LittleEndian(static_cast<uint64_t>(header.size())) + header + data;
}

}  // namespace modlab
