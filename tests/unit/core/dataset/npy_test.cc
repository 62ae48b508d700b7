#include "core/dataset/npy.h"

#include <gtest/gtest.h>

#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

const std::string kHeader = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }";
const std::string kNpyData = LittleEndian<int16_t>(1) + LittleEndian<int16_t>(2) + LittleEndian<int16_t>(3) +
                             LittleEndian<int16_t>(4) + LittleEndian<int16_t>(5) + LittleEndian<int16_t>(-6);

std::string NpyRefusal(const std::string& header) { return RefusalOf(Npy(header, kNpyData)); }

TEST(Npy, ReadsWhatPythonWritesInOtherWays) {
  const std::vector<int16_t> expected = {1, 2, 3, 4, 5, -6};
  for (const std::string& header :
       {kHeader, kHeader + "   \n", std::string("{\"shape\":(2L,3L),\"descr\":\"=i2\",\"fortran_order\":False}")}) {
    const Array array = ArrayOf(Npy(header, kNpyData));
    EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(ValuesOf<int16_t>(array), expected);
  }
}

// Elements at an odd place are copied to an even one.
TEST(Npy, IsAlignedWhateverTheHeadersLength) {
  for (int spaces = 0; spaces < 4; ++spaces) {
    const Array array = ArrayOf(Npy(kHeader + std::string(spaces, ' '), kNpyData));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(array.bytes.data()) % 2, 0U);
    EXPECT_EQ(At(array, 5), -6);
  }
}

TEST(Npy, TurnsColumnsIntoRows) {
  const Array array = ArrayOf(Npy("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3)}", kNpyData));
  EXPECT_EQ(ValuesOf<int16_t>(array), (std::vector<int16_t>{1, 3, 5, 2, 4, -6}));
}

TEST(Npy, IsRefusedForItsFrame) {
  const std::string whole = Npy(kHeader, kNpyData);
  EXPECT_EQ(RefusalOf(whole.substr(0, 7)), "file: at byte 7: is cut off before the format's version");
  EXPECT_EQ(RefusalOf(whole.substr(0, 9)), "file: at byte 9: is cut off within the header's length");
  EXPECT_EQ(RefusalOf(whole.substr(0, 30)), "file: at byte 30: is cut off within the header, which has 59 bytes");
  EXPECT_EQ(RefusalOf(whole.substr(0, whole.size() - 1)),
            "file: at byte 80: is cut off: the shape [2, 3] of int16 takes 12 bytes, but 11 are there");
  EXPECT_EQ(
      RefusalOf(whole + "!"),
      "file: at byte 81: bytes follow after the array's end: the shape [2, 3] of int16 takes 12 bytes, but 13 are "
      "there");
  std::string version = whole;
  version[6] = 4;
  EXPECT_EQ(RefusalOf(version), "file: at byte 6: is of NumPy's format 4.0; known are 1.0, 2.0 and 3.0");
  version[6] = 2;
  EXPECT_NE(RefusalOf(version).find("file: at byte 8: a header of "), std::string::npos);
}

TEST(Npy, IsRefusedForItsShape) {
  const auto refusal = [](const std::string& shape) {
    return NpyRefusal("{'descr': '<i2', 'fortran_order': False, 'shape': " + shape + "}");
  };
  EXPECT_EQ(refusal("()"), "file: at byte 60: is a single number; an array needs one dimension or more");
  EXPECT_EQ(refusal("(3, 0)"),
            "file: at byte 60: dimension 1 of the shape [3, 0] is not positive: the array has no elements");
  EXPECT_EQ(refusal("(4611686018427387904, 4)"),
            "file: at byte 60: the shape [4611686018427387904, 4] has more elements than can be counted");
  EXPECT_EQ(refusal("(99999999999999999999,)"),
            "file: at byte 61: the header's shape has a dimension that is no number from 0 up");
  EXPECT_EQ(refusal("(-1,)"), "file: at byte 61: the header's shape has a dimension that is no number from 0 up");
  EXPECT_EQ(refusal("(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,6)"),
            "file: at byte 60: has 17 dimensions; at most 16 are allowed");
  EXPECT_EQ(refusal("(6"), "file: at byte 62: the header is damaged: expected \")\"");
}

TEST(Npy, IsRefusedForItsType) {
  const auto refusal = [](const std::string& descr) {
    return NpyRefusal("{'descr': " + descr + ", 'fortran_order': False, 'shape': (6,)}");
  };
  EXPECT_EQ(refusal("'|O'"),
            "file: at byte 20: has elements of NumPy's type \"|O\": Python objects, which are never read; convert the "
            "array to numbers");
  EXPECT_EQ(refusal("'<c8'"),
            "file: at byte 20: has elements of NumPy's type \"<c8\": complex numbers; save the real and the imaginary "
            "parts apart");
  EXPECT_EQ(refusal("[('a', '<i2'), ('b', '<f4')]"),
            "file: at byte 20: has elements that are structures of several fields; save each field as an array of its "
            "own");
  EXPECT_EQ(refusal("'<f2'"),
            "file: at byte 20: has elements of NumPy's type \"<f2\": allowed are float32 and float64; convert it by "
            ".astype('float32')");
  EXPECT_EQ(refusal("'<u2'"),
            "file: at byte 20: has elements of NumPy's type \"<u2\": allowed are uint8, int8, int16, int32 and int64; "
            "convert it by .astype('int64')");
  EXPECT_EQ(
      refusal("'<U5'"),
      "file: at byte 20: has elements of NumPy's type \"<U5\": texts; number the classes from 0 up and save these");
  for (const char* type : {"'|V8'", "'<M8[ns]'", "'|S3'", "'<f16'", "'i3'", "''", "'<'", "'\x1b[31m'"}) {
    EXPECT_EQ(refusal(type).rfind("file: at byte 20: has elements of NumPy's type ", 0), 0U) << refusal(type);
    EXPECT_EQ(refusal(type).find('\x1b'), std::string::npos);
  }
}

TEST(Npy, IsRefusedForItsDictionary) {
  EXPECT_EQ(NpyRefusal(""), "file: at byte 10: the header is damaged: expected \"{\"");
  EXPECT_EQ(NpyRefusal("{'descr': '<i2', 'fortran_order': False}"),
            "file: at byte 50: the header does not say \"shape\"");
  EXPECT_EQ(NpyRefusal("{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (6,)}"),
            "file: at byte 27: the header says \"descr\" twice");
  EXPECT_EQ(NpyRefusal("{'more': 1}"),
            "file: at byte 11: the header has \"more\", which NumPy's files do not (descr, fortran_order and shape)");
  EXPECT_EQ(NpyRefusal(kHeader + " x"), "file: at byte 70: something follows after the header's dictionary");
  EXPECT_EQ(NpyRefusal("{'fortran_order': 0}"),
            "file: at byte 28: the header is damaged: fortran_order is neither True nor False");
  EXPECT_EQ(NpyRefusal("{'descr"), "file: at byte 17: the header is damaged: a text without its end");
  EXPECT_EQ(NpyRefusal("{descr"), "file: at byte 11: the header is damaged: expected a text between quotation marks");
  EXPECT_EQ(NpyRefusal("{'a\\'b': 1}"),
            "file: at byte 13: the header has a text with a backslash, which NumPy's files do not");
}

TEST(Npy, HasNoOtherBoolsThanTwo) {
  const auto npy = [](const std::string& fortran, const std::string& data) {
    return Npy("{'descr': '|b1', 'fortran_order': " + fortran + ", 'shape': (2, 2)}", data);
  };
  EXPECT_EQ(ValuesOf<uint8_t>(ArrayOf(npy("True", std::string("\0\1\1\1", 4)))), (std::vector<uint8_t>{0, 1, 1, 1}));
  for (const char* fortran : {"True", "False"}) {
    const std::string sentence = RefusalOf(npy(fortran, std::string("\0\1\2\1", 4)));
    EXPECT_NE(sentence.find(": a bool is 2, where only 0 and 1 are allowed"), std::string::npos) << sentence;
  }
}

TEST(Npy, ConvertsNoMoreThanIsAllowed) {
  const std::string big = Npy("{'descr': '>i2', 'fortran_order': False, 'shape': (6,)}", kNpyData);
  EXPECT_EQ(ValuesOf<int16_t>(ArrayOf(big, "", 12))[1], 512);
  EXPECT_EQ(RefusalOf(big, "", 11), "file: the array takes 12 bytes in memory, more than the 11 that are allowed");
}

}  // namespace
}  // namespace modlab
