#include "tests/fuzz/small_archive.h"

#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <utility>

namespace modlab::fuzz {
namespace {

void Put(std::string* bytes, int size, uint64_t value) {
  for (int i = 0; i < size; ++i) *bytes += static_cast<char>(value >> (8 * i));
}

/// What an entry's own header and its line in the directory have in common.
std::string Header(const std::string& name, const std::string& content) {
  std::string bytes;
  Put(&bytes, 2, 20);  // the version that it needs
  Put(&bytes, 2, 0);
  Put(&bytes, 2, 0);  // stored
  Put(&bytes, 4, 0x21'0000);
  Put(&bytes, 4,
      ::crc32(0, reinterpret_cast<const unsigned char*>(content.data()), static_cast<unsigned>(content.size())));
  Put(&bytes, 4, content.size());
  Put(&bytes, 4, content.size());
  Put(&bytes, 2, name.size());
  Put(&bytes, 2, 0);
  return bytes;
}

}  // namespace

std::string SmallArchive() {
  std::string archive;
  std::string directory;
  int entries = 0;
  for (const auto& [name, content] : std::initializer_list<std::pair<std::string, std::string>>{
           {"m/version", "3"}, {"m/data.pkl", "x"}, {"m/code/m.py", "pass"}}) {
    const size_t start = archive.size();
    archive += "PK\x03\x04" + Header(name, content) + name + content;
    directory += "PK\x01\x02";
    Put(&directory, 2, 20);
    directory += Header(name, content);
    Put(&directory, 2, 0);  // no comment
    Put(&directory, 2, 0);
    Put(&directory, 2, 0);
    Put(&directory, 4, 0);
    Put(&directory, 4, start);
    directory += name;
    ++entries;
  }
  const size_t start = archive.size();
  archive += directory + "PK\x05\x06";
  Put(&archive, 4, 0);
  Put(&archive, 2, static_cast<uint64_t>(entries));
  Put(&archive, 2, static_cast<uint64_t>(entries));
  Put(&archive, 4, directory.size());
  Put(&archive, 4, start);
  Put(&archive, 2, 0);
  return archive;
}

}  // namespace modlab::fuzz
