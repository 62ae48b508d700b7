#include "core/dataset/npz.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <fstream>

#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

std::string Bytes(const std::string& values) {
  return Npy("{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(values.size()) + ",)}", values);
}

/// A zip archive of files.
std::string Archive(const std::vector<std::pair<std::string, std::string>>& files, int method = ZIP_CM_DEFLATE,
                    const char* password = nullptr) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "archive.zip";
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_EXCL, nullptr);
  for (const auto& [name, content] : files) {
    zip_source_t* const source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const zip_int64_t place = zip_file_add(archive, name.c_str(), source, 0);
    EXPECT_GE(place, 0);
    EXPECT_EQ(zip_set_file_compression(archive, place, method, 0), 0);
    if (password != nullptr) {
      EXPECT_EQ(zip_file_set_encryption(archive, place, ZIP_EM_AES_256, password), 0);
    }
  }
  EXPECT_EQ(zip_close(archive), 0);
  return ContentOf(path);
}

TEST(Npz, HasArraysByName) {
  const std::string archive = Archive({{"x.npy", Bytes("abc")}, {"notes.txt", "no array"}, {"y.npy", Bytes("de")}});
  EXPECT_EQ(ArrayOf(archive, "x").elements(), 3);
  EXPECT_EQ(ArrayOf(archive, "y").elements(), 2);
  EXPECT_EQ(ArrayOf(archive, "y.npy").elements(), 2);
  EXPECT_EQ(RefusalOf(archive), "file: has several arrays; say which one: there are \"x\", \"y\"");
  EXPECT_EQ(RefusalOf(archive, "z"), "file: has no array called \"z\"; there are \"x\", \"y\"");
  EXPECT_EQ(RefusalOf(archive, "notes"), "file: has no array called \"notes\"; there are \"x\", \"y\"");
  // The only array needs no name.
  EXPECT_EQ(ArrayOf(Archive({{"notes.txt", "no array"}, {"x.npy", Bytes("abc")}})).elements(), 3);
  EXPECT_EQ(ArrayOf(Archive({{"x.npy", Bytes("abc")}}, ZIP_CM_STORE)).elements(), 3);
}

TEST(Npz, NeedsArrays) {
  const std::string expected =
      "file: is a zip archive without any .npy file; expected NumPy's .npz, as numpy.savez writes it";
  EXPECT_EQ(RefusalOf(Archive({{"model/data.pkl", "?"}})), expected);
  EXPECT_EQ(RefusalOf(Archive({{"model/data.pkl", "?"}}), "x"), expected);
  const std::string no_files("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
  EXPECT_EQ(RefusalOf(no_files), expected);
}

TEST(Npz, IsNoBomb) {
  const std::string bomb = Archive({{"x.npy", Bytes(std::string(5'000'000, 'a'))}});
  EXPECT_LT(bomb.size(), 50'000U);
  EXPECT_EQ(RefusalOf(bomb),
            "file, array \"x\": it takes 5000071 bytes in memory, more than the 1048576 that are allowed");
  EXPECT_EQ(ArrayOf(bomb, "", 6'000'000).elements(), 5'000'000);
}

TEST(Npz, IsRefusedWhereItIsDamaged) {
  const std::string whole = Archive({{"x.npy", Bytes("abcdefgh")}}, ZIP_CM_STORE);
  const std::string cut = RefusalOf(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(cut.rfind("file: is a zip archive that is damaged or cut off (", 0), 0U) << cut;
  std::string checksum = whole;
  checksum[whole.find("abcdefgh")] = 'z';
  EXPECT_EQ(RefusalOf(checksum), "file, array \"x\": is damaged (CRC error)");
  // The directory and the file's own header do not agree.
  std::string renamed = whole;
  renamed[whole.find("x.npy")] = 'z';
  EXPECT_EQ(RefusalOf(renamed).rfind("file: is a zip archive that is damaged or cut off (", 0), 0U);
}

// Sizes that the directory and the header before the file agree on, and that are still not so.
TEST(Npz, IsRefusedForSizesThatCannotBe) {
  const std::string whole = Archive({{"x.npy", Bytes("abcdefgh")}});
  for (const uint32_t size : {1U, 1'000'000U}) {
    std::string lying = whole;
    lying.replace(22, 4, LittleEndian(size));
    lying.replace(whole.find("PK\1\2") + 24, 4, LittleEndian(size));
    const std::string sentence = RefusalOf(lying);
    EXPECT_EQ(sentence.rfind("file", 0), 0U);
    EXPECT_NE(sentence, "accepted") << size;
  }
}

TEST(Npz, HasNoNameTwice) {
  std::string twice = Archive({{"x.npy", Bytes("abc")}, {"y.npy", Bytes("de")}});
  for (size_t place = twice.find("y.npy"); place != std::string::npos; place = twice.find("y.npy")) twice[place] = 'x';
  EXPECT_EQ(RefusalOf(twice, "x"), "file: is a zip archive in which two files have the same name");
}

TEST(Npz, IsNotEncrypted) {
  EXPECT_EQ(RefusalOf(Archive({{"x.npy", Bytes("abc")}}, ZIP_CM_STORE, "secret")),
            "file, array \"x\": is encrypted; expected an archive without a password");
}

TEST(Npz, IsStoredOrDeflated) {
  if (zip_compression_method_supported(ZIP_CM_BZIP2, 1) == 0) GTEST_SKIP() << "libzip writes no bzip2";
  EXPECT_EQ(RefusalOf(Archive({{"x.npy", Bytes(std::string(500, 'a'))}}, ZIP_CM_BZIP2)),
            "file, array \"x\": is compressed by zip's method 12; expected stored or deflated, as numpy.savez and "
            "numpy.savez_compressed do");
}

TEST(Npz, SaysWhichArrayIsWrong) {
  EXPECT_EQ(RefusalOf(Archive({{"x.npy", "no array"}})),
            "file, array \"x\": at byte 0: does not start as NumPy's files do");
  EXPECT_EQ(RefusalOf(Archive({{"x.npy", ""}})), "file, array \"x\": at byte 0: does not start as NumPy's files do");
  EXPECT_EQ(
      RefusalOf(Archive({{"x.npy", Bytes("abc") + "d"}})),
      "file, array \"x\": at byte 68: bytes follow after the array's end: the shape [3] of uint8 takes 3 bytes, but "
      "4 are there");
}

}  // namespace
}  // namespace modlab
