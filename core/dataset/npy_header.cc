#include "core/dataset/npy_header.h"

#include <cctype>
#include <charconv>
#include <cstring>
#include <set>
#include <string_view>

#include "core/shown_text.h"

namespace modlab {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kLongestHeader = 1 << 16;

/// The one dictionary that a header is, as Python's repr writes it.
class DictionaryReader {
 public:
  DictionaryReader(const Content& content, size_t begin, size_t end) : content_(content), at_(begin), end_(end) {}

  void Read(NpyHeader& header) {
    Expect('{');
    std::set<std::string_view> keys;
    while (!Skip('}')) {
      const size_t key_offset = at_;
      const std::string_view key = ReadString();
      if (!keys.insert(key).second) content_.ThrowAtByte(key_offset, "the header says " + Quoted(key) + " twice");
      Expect(':');
      if (key == "descr") {
        ReadType(header);
      } else if (key == "fortran_order") {
        header.fortran_order = ReadBool();
      } else if (key == "shape") {
        ReadShape(header);
      } else {
        content_.ThrowAtByte(key_offset, "the header has " + Quoted(key) +
                                             ", which NumPy's files do not (descr, fortran_order and shape)");
      }
      if (!Skip(',')) {
        Expect('}');
        break;
      }
    }
    SkipSpace();
    if (at_ != end_) Fail("something follows after the header's dictionary");
    for (const char* key : {"descr", "fortran_order", "shape"}) {
      if (keys.count(key) == 0) Fail("the header does not say " + Quoted(key));
    }
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const { content_.ThrowAtByte(at_, what); }
  char Peek() const { return at_ < end_ ? content_.text()[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < end_ && (Peek() == ' ' || Peek() == '\n' || Peek() == '\t' || Peek() == '\r')) ++at_;
  }
  bool Skip(char wanted) {
    SkipSpace();
    if (at_ == end_ || Peek() != wanted) return false;
    ++at_;
    return true;
  }
  void Expect(char wanted) {
    if (!Skip(wanted)) Fail(std::string("the header is damaged: expected ") + Quoted(std::string(1, wanted)));
  }

  std::string_view ReadString() {
    SkipSpace();
    const char quote = Peek();
    if (quote != '\'' && quote != '"') Fail("the header is damaged: expected a text between quotation marks");
    const size_t start = ++at_;
    while (at_ < end_ && Peek() != quote) {
      if (Peek() == '\\') Fail("the header has a text with a backslash, which NumPy's files do not");
      ++at_;
    }
    if (at_ == end_) Fail("the header is damaged: a text without its end");
    return {content_.text() + start, at_++ - start};
  }

  bool ReadBool() {
    SkipSpace();
    const std::string_view rest(content_.text() + at_, end_ - at_);
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (rest.substr(0, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    }
    Fail("the header is damaged: fortran_order is neither True nor False");
  }

  void ReadShape(NpyHeader& header) {
    SkipSpace();
    header.shape_offset = at_;
    Expect('(');
    while (!Skip(')')) {
      SkipSpace();
      int64_t dimension = 0;
      const char* const start = content_.text() + at_;
      const auto [stop, error] = std::from_chars(start, content_.text() + end_, dimension);
      if (error != std::errc() || *start == '-') Fail("the header's shape has a dimension that is no number from 0 up");
      at_ += static_cast<size_t>(stop - start);
      if (Peek() == 'L') ++at_;  // Python 2's integers
      header.shape.push_back(dimension);
      if (!Skip(',')) {
        Expect(')');
        break;
      }
    }
  }

  void ReadType(NpyHeader& header) {
    SkipSpace();
    const size_t start = at_;
    if (Peek() == '[' || Peek() == '(' || Peek() == '{') {
      Fail("has elements that are structures of several fields; save each field as an array of its own");
    }
    const std::string_view descr = ReadString();
    const auto refuse = [&](const std::string& what) {
      content_.ThrowAtByte(start, "has elements of NumPy's type " + Quoted(descr) + ": " + what);
    };
    std::string_view kind = descr;
    const bool has_order = !descr.empty() && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
    if (has_order) kind.remove_prefix(1);
    header.big_endian = has_order && descr[0] == '>';
    const char letter = kind.empty() ? '\0' : kind[0];
    if (letter == 'O') refuse("Python objects, which are never read; convert the array to numbers");
    if (letter == 'c') refuse("complex numbers; save the real and the imaginary parts apart");
    if (letter == 'S' || letter == 'U' || letter == 'a') refuse("texts; number the classes from 0 up and save these");
    if (letter == 'V') refuse("structures; save each field as an array of its own");
    if (letter == 'M' || letter == 'm') refuse("times; convert them to numbers");
    if (kind == "f2" || kind == "f16") refuse("allowed are float32 and float64; convert it by .astype('float32')");
    if (kind == "u2" || kind == "u4" || kind == "u8") {
      refuse("allowed are uint8, int8, int16, int32 and int64; convert it by .astype('int64')");
    }
    constexpr std::pair<std::string_view, ElementType> types[] = {
        {"b1", ElementType::kBool},    {"u1", ElementType::kUint8},  {"i1", ElementType::kInt8},
        {"i2", ElementType::kInt16},   {"i4", ElementType::kInt32},  {"i8", ElementType::kInt64},
        {"f4", ElementType::kFloat32}, {"f8", ElementType::kFloat64}};
    for (const auto& [name, type] : types) {
      if (kind != name) continue;
      header.type = type;
      return;
    }
    refuse("allowed are bool, uint8, int8, int16, int32, int64, float32 and float64");
  }

  const Content& content_;
  size_t at_;
  size_t end_;
};

}  // namespace

bool IsNpy(Span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
}

NpyHeader ReadNpyHeader(const Content& content) {
  const Span<const std::byte> bytes = content.bytes;
  if (!IsNpy(bytes)) content.ThrowAtByte(0, "does not start as NumPy's files do");
  const size_t version_offset = kMagic.size();
  if (bytes.size() < version_offset + 2) content.ThrowAtByte(bytes.size(), "is cut off before the format's version");
  const int major = static_cast<int>(bytes[version_offset]);
  const int minor = static_cast<int>(bytes[version_offset + 1]);
  if (major < 1 || major > 3 || minor != 0) {
    content.ThrowAtByte(version_offset, "is of NumPy's format " + std::to_string(major) + "." + std::to_string(minor) +
                                            "; known are 1.0, 2.0 and 3.0");
  }
  const size_t length_offset = version_offset + 2;
  const size_t length_bytes = major == 1 ? 2 : 4;
  const size_t start = length_offset + length_bytes;
  if (bytes.size() < start) content.ThrowAtByte(bytes.size(), "is cut off within the header's length");
  size_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) length = length << 8 | static_cast<size_t>(bytes[length_offset + i]);
  if (length > kLongestHeader) {
    content.ThrowAtByte(length_offset, "a header of " + std::to_string(length) + " bytes; at most " +
                                           std::to_string(kLongestHeader) + " are allowed");
  }
  if (bytes.size() - start < length) {
    content.ThrowAtByte(bytes.size(), "is cut off within the header, which has " + std::to_string(length) + " bytes");
  }
  NpyHeader header;
  header.data_offset = start + length;
  DictionaryReader(content, start, header.data_offset).Read(header);
  return header;
}

}  // namespace modlab
