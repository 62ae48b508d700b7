#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "server/executor/attempt_directory.h"

namespace modlab::server {

/// An empty attempt directory that is removed at the end of a test.
class TemporaryAttempt {
 public:
  TemporaryAttempt() : directory_(Make()) {
    std::filesystem::create_directory(directory_.in());
    std::filesystem::create_directory(directory_.out());
  }
  ~TemporaryAttempt() { std::filesystem::remove_all(directory_.root()); }
  TemporaryAttempt(const TemporaryAttempt&) = delete;
  TemporaryAttempt& operator=(const TemporaryAttempt&) = delete;

  const AttemptDirectory& directory() const { return directory_; }
  std::filesystem::path root() const { return directory_.root(); }

 private:
  static std::filesystem::path Make() {
    std::string name = (std::filesystem::temp_directory_path() / "modlab-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return name;
  }

  AttemptDirectory directory_;
};

inline std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace modlab::server
