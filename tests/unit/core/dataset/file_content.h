#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/dataset/array.h"
#include "core/error.h"

namespace modlab {

/// A new directory that goes away with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// A file of that content.
  std::filesystem::path Write(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

std::string ContentOf(const std::filesystem::path& path);

/// The array that a file of that content holds; errors call it `file`.
Array ArrayOf(const std::string& content, const std::string& member = {}, int64_t max_bytes = 1 << 20);
/// The sentence with which that is refused as invalid data; `accepted` where it is not.
std::string RefusalOf(const std::string& content, const std::string& member = {}, int64_t max_bytes = 1 << 20);

/// The sentence with which something is refused as invalid data; `accepted` where it is not.
template <typename Action>
std::string SentenceOf(Action action, ErrorKind kind = ErrorKind::kDataInvalid) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  return "accepted";
}

std::string Gzip(const std::string& content);

template <typename Number>
std::string LittleEndian(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

template <typename Number>
std::string BigEndian(Number number) {
  const std::string bytes = LittleEndian(number);
  return {bytes.rbegin(), bytes.rend()};
}

template <typename Element>
std::vector<Element> ValuesOf(const Array& array) {
  const auto values = array.Values<Element>();
  return {values.begin(), values.end()};
}

/// A .npy file: version 1.0, the header as it is given, without any padding.
std::string Npy(const std::string& header, const std::string& data);

/// A safetensors file: the header as it is given.
std::string Safetensors(const std::string& header, const std::string& data);

}  // namespace modlab
