#include "core/dataset/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace modlab {
namespace {

/// Memory that grows without being copied where the system can avoid it.
class Buffer {
 public:
  ~Buffer() { std::free(data_); }
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void Resize(size_t size) {
    void* const data = std::realloc(data_, std::max<size_t>(size, 1));
    if (data == nullptr) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(data);
    size_ = size;
  }
  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

class Inflater {
 public:
  Inflater() {
    // 16: gzip's frame, not zlib's.
    if (::inflateInit2(&stream_, 16 + MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_ = {};
};

}  // namespace

bool IsGzip(Span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

Content Decompressed(const Content& content) {
  constexpr size_t least = 1 << 16;
  constexpr size_t most_at_once = 1 << 30;  // zlib counts in 32 bits
  const Span<const std::byte> from = content.bytes;
  // One more, so that what is allowed and what is too much can be told apart.
  const size_t limit = static_cast<size_t>(content.max_bytes) + 1;
  const auto to = std::make_shared<Buffer>();
  to->Resize(std::min(limit, std::max(least, 4 * from.size())));
  Inflater inflater;
  z_stream& stream = inflater.stream();
  size_t read = 0;
  size_t written = 0;
  const auto check_size = [&] {
    if (written < limit) return;
    content.Throw("contains more than the " + std::to_string(content.max_bytes) +
                  " bytes that are allowed once it is decompressed");
  };
  while (true) {
    check_size();
    if (written == to->size()) to->Resize(std::min(limit, 2 * to->size()));
    const size_t input = std::min(from.size() - read, most_at_once);
    const size_t output = std::min(to->size() - written, most_at_once);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data() + read));
    stream.avail_in = static_cast<uInt>(input);
    stream.next_out = reinterpret_cast<Bytef*>(to->data() + written);
    stream.avail_out = static_cast<uInt>(output);
    const int outcome = ::inflate(&stream, Z_NO_FLUSH);
    read += input - stream.avail_in;
    written += output - stream.avail_out;
    if (outcome == Z_MEM_ERROR) throw std::bad_alloc();
    if (outcome == Z_STREAM_END) {
      if (read == from.size()) break;
      if (!IsGzip(from.subspan(read))) {
        content.ThrowAtByte(read, "something else than gzip follows after the compressed data's end");
      }
      ::inflateReset(&stream);
    } else if (outcome == Z_BUF_ERROR || (outcome == Z_OK && read == from.size() && stream.avail_out > 0)) {
      content.ThrowAtByte(read, "the compressed data is cut off");
    } else if (outcome != Z_OK) {
      content.ThrowAtByte(read, std::string("the compressed data is damaged (zlib: ") +
                                    (stream.msg != nullptr ? stream.msg : "no reason given") + ")");
    }
  }
  check_size();
  to->Resize(written);
  return {{to->data(), written}, to, content.shown_name + " (decompressed)", content.max_bytes};
}

}  // namespace modlab
