#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include "server/executor/files.h"

namespace modlab::server {

/// A new directory that goes away with everything in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "modlab-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ThrowErrno("make a temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() { RemoveTree(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace modlab::server
