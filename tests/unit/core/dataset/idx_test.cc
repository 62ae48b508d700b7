#include "core/dataset/idx.h"

#include <gtest/gtest.h>

#include "core/dataset/array_file.h"
#include "core/dataset/dataset.h"
#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

std::string Idx(char type, const std::vector<uint32_t>& shape, const std::string& data) {
  std::string bytes = {0, 0, type, static_cast<char>(shape.size())};
  for (const uint32_t dimension : shape) bytes += BigEndian(dimension);
  return bytes + data;
}

TEST(Idx, ReadsEveryType) {
  Array array = ArrayOf(Idx(8, {2, 3}, "\x01\x02\x03\x04\x05\xff"));
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(ValuesOf<uint8_t>(array), (std::vector<uint8_t>{1, 2, 3, 4, 5, 255}));
  array = ArrayOf(Idx(9, {2}, "\x01\xff"));
  EXPECT_EQ(ValuesOf<int8_t>(array), (std::vector<int8_t>{1, -1}));
  array = ArrayOf(Idx(0x0b, {2}, BigEndian<int16_t>(-2) + BigEndian<int16_t>(515)));
  EXPECT_EQ(ValuesOf<int16_t>(array), (std::vector<int16_t>{-2, 515}));
  array = ArrayOf(Idx(0x0c, {1, 1, 1}, BigEndian<int32_t>(-70000)));
  EXPECT_EQ(ValuesOf<int32_t>(array), (std::vector<int32_t>{-70000}));
  EXPECT_EQ(array.shape, (std::vector<int64_t>{1, 1, 1}));
  array = ArrayOf(Idx(0x0d, {2}, BigEndian(1.5F) + BigEndian(-3e-20F)));
  EXPECT_EQ(ValuesOf<float>(array), (std::vector<float>{1.5F, -3e-20F}));
  array = ArrayOf(Idx(0x0e, {2}, BigEndian(1.1) + BigEndian(-3e-200)));
  EXPECT_EQ(ValuesOf<double>(array), (std::vector<double>{1.1, -3e-200}));
}

TEST(Idx, IsRefusedWithTheByte) {
  EXPECT_EQ(RefusalOf(std::string("\0\0\x08", 3)), "file: at byte 3: is cut off within an IDX file's first four bytes");
  EXPECT_EQ(RefusalOf(Idx(0x0a, {1}, "x")),
            "file: at byte 2: the element type 10 is none that an IDX file has (8, 9, 11, 12, 13 or 14)");
  EXPECT_EQ(RefusalOf(Idx(8, {}, "x")), "file: at byte 3: an IDX file of 0 dimensions; allowed are 1 to 16");
  EXPECT_EQ(RefusalOf(Idx(8, std::vector<uint32_t>(17, 1), "x")),
            "file: at byte 3: an IDX file of 17 dimensions; allowed are 1 to 16");
  EXPECT_EQ(RefusalOf(Idx(8, {2, 3}, "").substr(0, 11)), "file: at byte 11: is cut off within the 2 dimensions");
  EXPECT_EQ(RefusalOf(Idx(8, {2, 0}, "")),
            "file: at byte 4: dimension 1 of the shape [2, 0] is not positive: the array has no elements");
  EXPECT_EQ(RefusalOf(Idx(8, {2, 3}, "12345")),
            "file: at byte 17: is cut off: the shape [2, 3] of uint8 takes 6 bytes, but 5 are there");
  EXPECT_EQ(RefusalOf(Idx(8, {2, 3}, "1234567")),
            "file: at byte 18: bytes follow after the array's end: the shape [2, 3] of uint8 takes 6 bytes, but 7 are "
            "there");
  EXPECT_EQ(RefusalOf(Idx(0x0e, {0xffffffff, 0xffffffff, 0xffffffff}, "1")),
            "file: at byte 4: the shape [4294967295, 4294967295, 4294967295] has more elements than can be counted");
  EXPECT_EQ(RefusalOf(Idx(8, {1}, "x"), "y"),
            "file: is an IDX file, which has one array without a name, and none called \"y\"");
}

TEST(Idx, ConvertsNoMoreThanIsAllowed) {
  const std::string shorts = Idx(0x0b, {50}, std::string(100, '\0'));
  EXPECT_EQ(ArrayOf(shorts, "", 100).elements(), 50);
  EXPECT_EQ(RefusalOf(shorts, "", 99), "file: the array takes 100 bytes in memory, more than the 99 that are allowed");
  // Bytes are not copied.
  EXPECT_EQ(ArrayOf(Idx(8, {100}, std::string(100, '\0')), "", 0).elements(), 100);
}

TEST(Idx, ReadsTheDigits) {
  const std::filesystem::path digits = MODLAB_DIGITS;
  const Array images = ReadArray(digits / "digits-images-idx3-ubyte.gz", "images");
  const Array labels = ReadArray(digits / "digits-labels-idx1-ubyte.gz", "labels");
  EXPECT_EQ(images.shape, (std::vector<int64_t>{1797, 8, 8}));
  EXPECT_EQ(images.type, ElementType::kUint8);
  EXPECT_EQ(labels.shape, (std::vector<int64_t>{1797}));
  const Dataset dataset = {{{"x", images}, {"y", labels}}};
  CheckDataset(dataset);
  EXPECT_EQ(Summarize(labels).classes, 10);
  EXPECT_EQ(Summarize(images).most, 16);
  EXPECT_EQ(Summarize(images).classes, 0);
  // As scikit-learn has them: the mean of all pixels, and the first image's second row.
  EXPECT_NEAR(Summarize(images).mean, 4.884164579855314, 1e-12);
  EXPECT_EQ(At(images, 8 + 2), 13);
}

}  // namespace
}  // namespace modlab
