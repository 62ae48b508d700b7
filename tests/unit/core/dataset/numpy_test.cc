// What NumPy itself has written (make_arrays.py), against what it says of it.

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "core/dataset/array_file.h"
#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

TEST(Numpy, WritesWhatIsRead) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MODLAB_ARRAYS)) {
    const std::filesystem::path& path = entry.path();
    const std::string name = path.filename().string();
    if (name[0] == '.' || path.extension() == ".raw" || path.extension() == ".txt") continue;
    SCOPED_TRACE(name);
    const std::filesystem::path stem = path.parent_path() / name.substr(0, name.find('.'));
    std::ifstream description(stem.string() + ".txt");
    std::string member;
    std::string type;
    std::getline(description, member);
    std::getline(description, type);
    std::vector<int64_t> shape;
    for (int64_t dimension = 0; description >> dimension;) shape.push_back(dimension);

    const Array array = ReadArray(path, name, member);
    EXPECT_STREQ(NameOf(array.type), type.c_str());
    EXPECT_EQ(array.shape, shape);
    const std::string expected = ContentOf(stem.string() + ".raw");
    ASSERT_EQ(array.bytes.size(), expected.size());
    EXPECT_EQ(std::memcmp(array.bytes.data(), expected.data(), expected.size()), 0);
    ++files;
  }
  EXPECT_EQ(files, 8 * 2 * 2 * 5 + 3 + 1 + 4 + 2);
}

}  // namespace
}  // namespace modlab
