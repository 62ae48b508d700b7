#include "client/experiments/digits.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

// Not compared by EXPECT_EQ, which would print them.
TEST(Digits, AreTheFilesByteForByte) {
  const std::string images = ReadFile(DIGITS "/digits-images-idx3-ubyte.gz");
  const std::string labels = ReadFile(DIGITS "/digits-labels-idx1-ubyte.gz");
  EXPECT_EQ(std::set<char>(images.begin(), images.end()).size(), 256U) << "a file that tries every byte";
  EXPECT_TRUE(DigitImages() == images) << DigitImages().size() << " bytes for " << images.size();
  EXPECT_TRUE(DigitLabels() == labels) << DigitLabels().size() << " bytes for " << labels.size();
}

}  // namespace
}  // namespace modlab::client
