#include "client/integer_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "client/errors.h"

namespace modlab::client {
namespace {

std::string FileOf(const std::string& bytes) {
  // Tests run beside each other.
  const std::string path = testing::TempDir() + "partition_file_test." +
                           testing::UnitTest::GetInstance()->current_test_info()->name() + "." +
                           std::to_string(::getpid());
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::vector<std::int32_t> Read(const std::string& bytes) { return ReadPartitionFile(FileOf(bytes)); }

/// What is said of the file.
std::string Refused(const std::string& bytes) {
  try {
    Read(bytes);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

std::string Numpy(const std::string& type, const std::string& shape, const std::string& data) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

using Labels = std::vector<std::int32_t>;

TEST(ReadPartitionFile, TakesNumbersHoweverTheyAreSeparated) {
  EXPECT_EQ(Read("0\n1\n-1\n12\n"), (Labels{0, 1, -1, 12}));
  EXPECT_EQ(Read("0, 1,2\t3;4 # five units\r\n# and one more\n5"), (Labels{0, 1, 2, 3, 4, 5}));
}

TEST(ReadPartitionFile, TakesNumpysArrays) {
  EXPECT_EQ(Read(Numpy("<i4", "(2,)", std::string("\x01\0\0\0\xff\xff\xff\xff", 8))), (Labels{1, -1}));
  EXPECT_EQ(Read(Numpy("<i8", "(1,)", std::string("\x07\0\0\0\0\0\0\0", 8))), (Labels{7}));
  EXPECT_EQ(Read(Numpy("|u1", "(3,)", std::string("\x01\0\x02", 3))), (Labels{1, 0, 2}));
}

TEST(ReadPartitionFile, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(Refused("0\n1\ntwo\n").find("line 3: 'two'"), std::string::npos);
  EXPECT_NE(Refused("0 1.5").find("'1.5' is not a whole number"), std::string::npos);
  EXPECT_NE(Refused("0\n0 -2").find("line 2: -2 is no cluster"), std::string::npos);
  EXPECT_NE(Refused(Numpy("|i1", "(2,)", std::string("\x01\xfe", 2))).find("index 1: -2 is no"), std::string::npos);
  EXPECT_NE(Refused("# nothing\n").find("no numbers"), std::string::npos);
  EXPECT_NE(Refused(Numpy("<f4", "(1,)", "1234")).find("'<f4'"), std::string::npos);
  EXPECT_NE(Refused(Numpy("<i4", "(2,)", "1234")).find("size"), std::string::npos);
  EXPECT_NE(Refused(Numpy("<i4", "(1, 1)", "1234")).find("one dimension"), std::string::npos);
  EXPECT_NE(Refused(std::string("\x93NUMPY\x01\x00\xff", 9)).find("header"), std::string::npos);
  EXPECT_NE(Refused(std::string("\x93NUMPY\x01\x00\xff\xff{", 11)).find("header"), std::string::npos);
  EXPECT_NE(Refused("\x93NUMPY").find("header"), std::string::npos);
}

TEST(ReadMaskFile, TakesArraysOfAnyShapeAndBools) {
  const Labels expected = {1, 0, 1, 1, 0, 0};
  const std::string bytes("\x01\0\x01\x01\0\0", 6);
  EXPECT_EQ(ReadMaskFile(FileOf(Numpy("|b1", "(2, 3)", bytes))), expected);
  EXPECT_EQ(ReadMaskFile(FileOf(Numpy("|u1", "(3, 1, 2)", bytes))), expected);
  EXPECT_EQ(ReadMaskFile(FileOf(Numpy("|i1", "(6,)", bytes))), expected);
  EXPECT_EQ(ReadMaskFile(FileOf("1 0 1\n1 0 0\n")), expected);
}

TEST(ReadMaskFile, SaysWhatIsWrongAndWhere) {
  const auto refused = [](const std::string& bytes) {
    try {
      ReadMaskFile(FileOf(bytes));
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused("1 0\n2").find("is not a mask: line 2: 2 is neither 1"), std::string::npos);
  EXPECT_NE(refused(Numpy("|b1", "(2, 2)", "\x01\x01\x01")).find("its size"), std::string::npos);
  EXPECT_NE(refused(Numpy("|b1", "()", "\x01")).find("no array"), std::string::npos);
  std::string turned = Numpy("|b1", "(1, 2)", "\x01\x01");
  turned.replace(turned.find("False"), 5, "True ");
  turned.replace(turned.find("True ,"), 6, "True, ");
  EXPECT_NE(refused(turned).find("Fortran"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
