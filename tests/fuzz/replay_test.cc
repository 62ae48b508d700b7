#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

// Every input of the corpus, those that were crashes once among them. A crash ends the test: its input is the last
// named.
TEST(Corpus, IsReplayed) {
  int inputs = 0;
  for (const auto& file : std::filesystem::directory_iterator(MODLAB_CORPUS)) {
    std::cout << file.path().filename().string() << std::endl;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(stream), {}};
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size()), 0);
    ++inputs;
  }
  EXPECT_GT(inputs, 0);
}
