#include "core/dataset/gzip.h"

#include <gtest/gtest.h>

#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

const std::string kTable = "a\n1\n2\n3\n";

TEST(Gzip, IsTakenOff) {
  EXPECT_EQ(ValuesOf<int64_t>(ArrayOf(Gzip(kTable))), (std::vector<int64_t>{1, 2, 3}));
  // Of more than one member, as several files one after the other are.
  EXPECT_EQ(ValuesOf<int64_t>(ArrayOf(Gzip(kTable) + Gzip("4\n") + Gzip(""))), (std::vector<int64_t>{1, 2, 3, 4}));
}

TEST(Gzip, GrowsBeyondWhatItWasFirstGiven) {
  std::string idx = {0, 0, 8, 1};
  idx += BigEndian(uint32_t{5'000'000}) + std::string(5'000'000, '\x07');
  const Array array = ArrayOf(Gzip(idx), "", 6'000'000);
  EXPECT_EQ(array.elements(), 5'000'000);
  EXPECT_EQ(At(array, 4'999'999), 7);
}

TEST(Gzip, IsNoBomb) {
  const std::string bomb = Gzip(std::string(8'000'000, 'a'));
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(RefusalOf(bomb), "file: contains more than the 1048576 bytes that are allowed once it is decompressed");
  // What is just allowed.
  EXPECT_EQ(ArrayOf(Gzip(kTable), "", 8 * 1024).elements(), 3);
  const std::string npy = Npy("{'descr':'|u1','fortran_order':False,'shape':(9,)}", "123456789");
  EXPECT_EQ(ArrayOf(Gzip(npy), "", static_cast<int64_t>(npy.size())).elements(), 9);
  EXPECT_EQ(RefusalOf(Gzip(npy), "", static_cast<int64_t>(npy.size()) - 1),
            "file: contains more than the " + std::to_string(npy.size() - 1) +
                " bytes that are allowed once it is decompressed");
  EXPECT_EQ(RefusalOf(Gzip(npy), "", 0),
            "file: contains more than the 0 bytes that are allowed once it is decompressed");
}

TEST(Gzip, IsRefusedWhereItIsDamaged) {
  const std::string whole = Gzip(kTable);
  EXPECT_EQ(RefusalOf(whole.substr(0, whole.size() - 1)),
            "file: at byte " + std::to_string(whole.size() - 1) + ": the compressed data is cut off");
  EXPECT_EQ(RefusalOf(whole.substr(0, 3)), "file: at byte 3: the compressed data is cut off");
  EXPECT_EQ(RefusalOf(whole + "rest"), "file: at byte " + std::to_string(whole.size()) +
                                           ": something else than gzip follows after the compressed data's end");
  std::string wrong_checksum = whole;
  wrong_checksum[whole.size() - 8] ^= 1;
  EXPECT_NE(RefusalOf(wrong_checksum).find("the compressed data is damaged (zlib: incorrect data check)"),
            std::string::npos);
  std::string wrong_method = whole;
  wrong_method[2] = 3;
  EXPECT_EQ(RefusalOf(wrong_method),
            "file: at byte 4: the compressed data is damaged (zlib: unknown compression method)");
}

TEST(Gzip, SaysWhoseBytesItMeans) {
  EXPECT_EQ(RefusalOf(Gzip(std::string("\0\0\x08", 3))),
            "file (decompressed): at byte 3: is cut off within an IDX file's first four bytes");
  EXPECT_EQ(RefusalOf(Gzip("")), "file (decompressed): is empty; expected an IDX, .npy, .npz, safetensors or CSV file");
}

TEST(Gzip, HoldsNoArchives) {
  EXPECT_EQ(RefusalOf(Gzip(Gzip(kTable))),
            "file (decompressed): is gzip within gzip, which is not read: decompress it");
  EXPECT_EQ(RefusalOf(Gzip("PK\x03\x04...")),
            "file (decompressed): is a zip archive within gzip, which is not read: decompress it");
  EXPECT_EQ(RefusalOf(Gzip(Safetensors("{}", ""))),
            "file (decompressed): is a safetensors file within gzip, which is not read: decompress it");
}

TEST(ArrayFile, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(RefusalOf(""), "file: is empty; expected an IDX, .npy, .npz, safetensors or CSV file");
  EXPECT_EQ(
      RefusalOf("\x89PNG\r\n\x1a\n and so on"),
      "file: at byte 0: is not an IDX, .npy, .npz, safetensors or CSV file: it starts with the bytes 89 50 4e 47 0d "
      "0a 1a 0a");
  EXPECT_EQ(RefusalOf(std::string(3, '\x01')),
            "file: at byte 0: is not an IDX, .npy, .npz, safetensors or CSV file: it starts with the bytes 01 01 01");
}

}  // namespace
}  // namespace modlab
