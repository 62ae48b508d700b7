#include "core/dataset/safetensors.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/shown_text.h"

namespace modlab {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr std::pair<const char*, ElementType> kSafetensorsTypes[] = {
    {"BOOL", ElementType::kBool},   {"U8", ElementType::kUint8},   {"I8", ElementType::kInt8},
    {"I16", ElementType::kInt16},   {"I32", ElementType::kInt32},  {"I64", ElementType::kInt64},
    {"F32", ElementType::kFloat32}, {"F64", ElementType::kFloat64}};

/// Takes the header as it is parsed, so that nothing is kept but what is wanted, and a key that stands twice is seen.
class HeaderReader : public Json::json_sax_t {
 public:
  HeaderReader(const Content& content, SafetensorsHeader& header) : content_(content), header_(header) {}

  bool null() override { Refuse("null"); }
  bool boolean(bool /*value*/) override { Refuse("a boolean"); }
  bool number_integer(number_integer_t /*value*/) override { Refuse("a negative number"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { Refuse("a fraction"); }
  bool binary(binary_t& /*value*/) override { Refuse("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ != 3) Refuse("a number");
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) Refuse("a number that is too large");
    if (numbers_.size() == kMaxRank) Refuse("a list of more than " + std::to_string(kMaxRank) + " numbers");
    numbers_.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ == 2 && in_metadata_) {
      header_.metadata[key_] = std::move(value);
    } else if (depth_ == 2 && key_ == "dtype") {
      SafetensorsEntry& entry = header_.entries.back();
      for (const auto& [name, type] : kSafetensorsTypes) {
        if (value == name) entry.type = type;
      }
      entry.dtype = std::move(value);
    } else {
      Refuse("a text");
    }
    return true;
  }

  bool start_object(size_t /*elements*/) override {
    if (depth_ > 1) Refuse("an object");
    ++depth_;
    keys_.clear();
    return true;
  }

  bool key(string_t& value) override {
    if (depth_ == 1) {
      if (!names_.insert(value).second) content_.Throw("the header has " + Quoted(value) + " twice");
      in_metadata_ = value == "__metadata__";
      name_ = std::move(value);
      key_.clear();
      if (!in_metadata_) header_.entries.emplace_back().name = name_;
      return true;
    }
    if (!keys_.insert(value).second) {
      content_.Throw("the header's entry " + Quoted(name_) + " has " + Quoted(value) + " twice");
    }
    key_ = std::move(value);
    if (!in_metadata_ && key_ != "dtype" && key_ != "shape" && key_ != "data_offsets") {
      content_.Throw("the header's entry " + Quoted(name_) + " has " + Quoted(key_) +
                     "; expected dtype, shape and data_offsets");
    }
    return true;
  }

  bool end_object() override {
    if (--depth_ == 1 && !in_metadata_) {
      for (const char* const wanted : {"dtype", "shape", "data_offsets"}) {
        if (keys_.count(wanted) == 0) content_.Throw("the header's entry " + Quoted(name_) + " has no " + wanted);
      }
    }
    return true;
  }

  bool start_array(size_t /*elements*/) override {
    if (depth_ != 2 || in_metadata_ || key_ == "dtype") Refuse("a list");
    ++depth_;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    --depth_;
    SafetensorsEntry& entry = header_.entries.back();
    if (key_ == "shape") {
      entry.shape = numbers_;
      return true;
    }
    if (numbers_.size() != 2) content_.Throw("the data_offsets of " + Quoted(name_) + " are not two numbers");
    entry.begin = numbers_[0];
    entry.end = numbers_[1];
    return true;
  }

  bool parse_error(size_t position, const std::string& /*last_token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    content_.ThrowAtByte(kLengthBytes + (position == 0 ? 0 : position - 1), "the header is not JSON");
  }

 private:
  [[noreturn]] void Refuse(const std::string& what) const {
    if (depth_ == 0) content_.Throw("the header is " + what + "; expected an object");
    content_.Throw("the header's entry " + Quoted(name_) + " has " + what + " where safetensors have none" +
                   (depth_ > 1 ? " (" + Quoted(key_) + ")" : ""));
  }

  const Content& content_;
  SafetensorsHeader& header_;
  std::set<std::string> names_;
  std::set<std::string> keys_;  // of the entry
  std::string name_;
  std::string key_;
  std::vector<int64_t> numbers_;
  bool in_metadata_ = false;
  int depth_ = 0;
};

void CheckEntry(const Content& content, const SafetensorsHeader& header, const SafetensorsEntry& entry) {
  const auto data = static_cast<int64_t>(content.bytes.size() - header.data_offset);
  const std::string tensor = "the tensor " + Quoted(entry.name);
  if (entry.begin > entry.end) content.Throw(tensor + " ends before it begins");
  if (entry.end > data) {
    content.ThrowAtByte(content.bytes.size(), "is cut off: " + tensor + " ends at byte " + std::to_string(entry.end) +
                                                  " of the data, which has " + std::to_string(data));
  }
  if (!entry.type) return;
  const std::optional<int64_t> bytes = BytesOf(*entry.type, entry.shape);
  if (!bytes) {
    content.Throw(tensor + " has the shape " + ShapeText(entry.shape) + ", more elements than can be counted");
  }
  if (*bytes != entry.end - entry.begin) {
    content.ThrowAtByte(header.data_offset + static_cast<size_t>(entry.begin),
                        tensor + " has " + std::to_string(entry.end - entry.begin) + " bytes; its shape " +
                            ShapeText(entry.shape) + " of " + NameOf(*entry.type) + " takes " + std::to_string(*bytes));
  }
}

void CheckLayout(const Content& content, const SafetensorsHeader& header) {
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : header.entries) {
    CheckEntry(content, header, entry);
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  int64_t end = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->begin != end) {
      content.ThrowAtByte(
          header.data_offset + static_cast<size_t>(std::min(end, entry->begin)),
          "the tensor " + Quoted(entry->name) +
              (entry->begin < end ? " overlaps the one before it" : " starts after a gap that belongs to no tensor"));
    }
    end = entry->end;
  }
  if (header.data_offset + static_cast<size_t>(end) != content.bytes.size()) {
    content.ThrowAtByte(header.data_offset + static_cast<size_t>(end), "bytes follow after the last tensor's end");
  }
}

}  // namespace

const char* SafetensorsTypeOf(ElementType type) {
  const auto* const found = std::find_if(std::begin(kSafetensorsTypes), std::end(kSafetensorsTypes),
                                         [&](const auto& entry) { return entry.second == type; });
  if (found == std::end(kSafetensorsTypes)) throw std::logic_error("an element type that does not exist");
  return found->first;
}

bool IsSafetensors(Span<const std::byte> bytes) {
  return bytes.size() > kLengthBytes && bytes[kLengthBytes] == std::byte{'{'} &&
         std::all_of(bytes.begin() + 4, bytes.begin() + kLengthBytes, [](std::byte b) { return b == std::byte{0}; });
}

SafetensorsHeader ReadSafetensorsHeader(const Content& content) {
  const Span<const std::byte> bytes = content.bytes;
  if (bytes.size() < kLengthBytes) content.ThrowAtByte(bytes.size(), "is cut off within the header's length");
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | static_cast<uint64_t>(bytes[i]);
  if (length > kLongestSafetensorsHeader) {
    content.ThrowAtByte(0, "a header of " + std::to_string(length) + " bytes; at most " +
                               std::to_string(kLongestSafetensorsHeader) + " are allowed");
  }
  if (length > bytes.size() - kLengthBytes) {
    content.ThrowAtByte(bytes.size(), "is cut off within the header, which has " + std::to_string(length) + " bytes");
  }
  if (length == 0 || bytes[kLengthBytes] != std::byte{'{'}) {
    content.ThrowAtByte(kLengthBytes, "the header does not start with {");
  }
  SafetensorsHeader header;
  header.data_offset = kLengthBytes + length;
  HeaderReader reader(content, header);
  Json::sax_parse(content.text() + kLengthBytes, content.text() + header.data_offset, &reader);
  CheckLayout(content, header);
  return header;
}

Array SafetensorsArray(const Content& content, const SafetensorsHeader& header, const SafetensorsEntry& entry) {
  const size_t offset = header.data_offset + static_cast<size_t>(entry.begin);
  if (!entry.type) {
    content.ThrowAtByte(offset, "the tensor " + Quoted(entry.name) + " has elements of the type " +
                                    Quoted(entry.dtype) +
                                    "; allowed are BOOL, U8, I8, I16, I32, I64, F32 and F64: convert it");
  }
  return content.ArrayAt(*entry.type, entry.shape, offset);
}

Array ReadSafetensors(const Content& content, const std::string& member) {
  const SafetensorsHeader header = ReadSafetensorsHeader(content);
  if (header.entries.empty()) content.Throw("has no tensors");
  std::vector<std::string> names;
  const SafetensorsEntry* found = nullptr;
  for (const SafetensorsEntry& entry : header.entries) {
    if (member.empty() ? header.entries.size() == 1 : entry.name == member) found = &entry;
    names.push_back(entry.name);
  }
  if (found == nullptr && member.empty()) {
    content.Throw("has several tensors; say which one: there are " + NearNames(member, names));
  }
  if (found == nullptr) {
    content.Throw("has no tensor called " + Quoted(member) + "; there are " + NearNames(member, names));
  }
  if (found->shape.empty() || found->begin == found->end) {
    content.Throw("the tensor " + Quoted(found->name) + " has the shape " + ShapeText(found->shape) +
                  "; an array needs one dimension or more, none of them 0");
  }
  return SafetensorsArray(content, header, *found);
}

}  // namespace modlab
