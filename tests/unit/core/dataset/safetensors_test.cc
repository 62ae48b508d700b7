#include "core/dataset/safetensors.h"

#include <gtest/gtest.h>

#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

const std::string kTwo = R"({"__metadata__":{"by":"hand"},"x":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},)"
                         R"("y":{"dtype":"I16","shape":[2],"data_offsets":[4,8]}})";
const std::string kData = std::string("abcd") + LittleEndian<int16_t>(7) + LittleEndian<int16_t>(-8);

/// One tensor, of eight bytes of data.
std::string SafetensorsRefusal(const std::string& entry) {
  return RefusalOf(Safetensors("{\"x\":" + entry + "}", "12345678"));
}

TEST(Safetensors, HasTensorsByName) {
  const std::string file = Safetensors(kTwo, kData);
  const Array x = ArrayOf(file, "x");
  EXPECT_EQ(x.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(ValuesOf<uint8_t>(x), (std::vector<uint8_t>{'a', 'b', 'c', 'd'}));
  EXPECT_EQ(ValuesOf<int16_t>(ArrayOf(file, "y")), (std::vector<int16_t>{7, -8}));
  EXPECT_EQ(RefusalOf(file), "file: has several tensors; say which one: there are \"x\", \"y\"");
  EXPECT_EQ(RefusalOf(file, "yy"), "file: has no tensor called \"yy\"; there are \"y\", \"x\"");
  EXPECT_EQ(RefusalOf(file, "__metadata__"), "file: has no tensor called \"__metadata__\"; there are \"x\", \"y\"");
  EXPECT_EQ(ArrayOf(Safetensors(R"({"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}  )", "12345678")).elements(),
            1);
  EXPECT_EQ(RefusalOf(Safetensors("{}", "")), "file: has no tensors");
}

// Elements at odd places are copied.
TEST(Safetensors, AreAligned) {
  for (int spaces = 0; spaces < 8; ++spaces) {
    const Array array = ArrayOf(Safetensors(
        R"({"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})" + std::string(spaces, ' '), LittleEndian(1.5)));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(array.bytes.data()) % 8, 0U);
    EXPECT_EQ(At(array, 0), 1.5);
  }
}

TEST(Safetensors, AreRefusedForTheirFrame) {
  const std::string whole = Safetensors(kTwo, kData);
  EXPECT_EQ(RefusalOf(whole.substr(0, 50), "x"),
            "file: at byte 50: is cut off within the header, which has " + std::to_string(kTwo.size()) + " bytes");
  EXPECT_EQ(RefusalOf(whole.substr(0, whole.size() - 1), "x"),
            "file: at byte " + std::to_string(whole.size() - 1) +
                ": is cut off: the tensor \"y\" ends at byte 8 of the data, which has 7");
  EXPECT_EQ(RefusalOf(whole + "!", "x"),
            "file: at byte " + std::to_string(whole.size()) + ": bytes follow after the last tensor's end");
  std::string long_header = whole;
  long_header.replace(0, 4, LittleEndian(uint32_t{0xffffffff}));
  EXPECT_EQ(RefusalOf(long_header), "file: at byte 0: a header of 4294967295 bytes; at most 16777216 are allowed");
  EXPECT_EQ(RefusalOf(Safetensors("{\"x\" 1}", "")), "file: at byte 13: the header is not JSON");
  EXPECT_EQ(RefusalOf(Safetensors("{", "")), "file: at byte 9: the header is not JSON");
  EXPECT_EQ(RefusalOf(Safetensors("{} x", "")), "file: at byte 11: the header is not JSON");
  EXPECT_EQ(RefusalOf(Safetensors("{\"\xff\":1}", "")), "file: at byte 10: the header is not JSON");
}

TEST(Safetensors, AreRefusedForTheirLayout) {
  const auto refusal = [](const std::string& y_offsets, const std::string& data = kData) {
    const std::string header = R"({"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                               R"("y":{"dtype":"I16","shape":[2],"data_offsets":)" +
                               y_offsets + "}}";
    return std::pair(RefusalOf(Safetensors(header, data), "x"), 8 + header.size());
  };
  EXPECT_EQ(refusal("[4,8]").first, "accepted");
  {
    const auto [sentence, data] = refusal("[2,6]");
    EXPECT_EQ(sentence, "file: at byte " + std::to_string(data + 2) + ": the tensor \"y\" overlaps the one before it");
  }
  {
    const auto [sentence, data] = refusal("[6,10]", kData + "12");
    EXPECT_EQ(sentence, "file: at byte " + std::to_string(data + 4) +
                            ": the tensor \"y\" starts after a gap that belongs to no tensor");
  }
  {
    const auto [sentence, data] = refusal("[4,7]");
    EXPECT_EQ(sentence, "file: at byte " + std::to_string(data + 4) +
                            ": the tensor \"y\" has 3 bytes; its shape [2] of int16 takes 4");
  }
  EXPECT_EQ(refusal("[8,4]").first, "file: the tensor \"y\" ends before it begins");
  EXPECT_EQ(refusal("[4]").first, "file: the data_offsets of \"y\" are not two numbers");
  EXPECT_EQ(refusal("[4,9223372036854775807]").first.find("is cut off: the tensor \"y\" ends at byte 92233"), 19U);
  EXPECT_EQ(
      refusal("[4,9223372036854775808]").first,
      "file: the header's entry \"y\" has a number that is too large where safetensors have none (\"data_offsets\")");
}

TEST(Safetensors, AreRefusedForTheirEntries) {
  EXPECT_EQ(SafetensorsRefusal("1"), "file: the header's entry \"x\" has a number where safetensors have none");
  EXPECT_EQ(SafetensorsRefusal("[]"), "file: the header's entry \"x\" has a list where safetensors have none");
  EXPECT_EQ(SafetensorsRefusal("{\"dtype\":{}}"),
            "file: the header's entry \"x\" has an object where safetensors have none (\"dtype\")");
  EXPECT_EQ(SafetensorsRefusal("{\"dtype\":1}"),
            "file: the header's entry \"x\" has a number where safetensors have none (\"dtype\")");
  EXPECT_EQ(SafetensorsRefusal("{\"shape\":[[1]]}"),
            "file: the header's entry \"x\" has a list where safetensors have none (\"shape\")");
  EXPECT_EQ(SafetensorsRefusal("{\"shape\":[-1]}"),
            "file: the header's entry \"x\" has a negative number where safetensors have none (\"shape\")");
  EXPECT_EQ(SafetensorsRefusal("{\"shape\":[1.5]}"),
            "file: the header's entry \"x\" has a fraction where safetensors have none (\"shape\")");
  EXPECT_EQ(
      SafetensorsRefusal("{\"shape\":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}"),
      "file: the header's entry \"x\" has a list of more than 16 numbers where safetensors have none (\"shape\")");
  EXPECT_EQ(SafetensorsRefusal("{\"size\":8}"),
            "file: the header's entry \"x\" has \"size\"; expected dtype, shape and data_offsets");
  EXPECT_EQ(SafetensorsRefusal("{\"dtype\":\"U8\",\"shape\":[8]}"),
            "file: the header's entry \"x\" has no data_offsets");
  EXPECT_EQ(SafetensorsRefusal(R"({"dtype":"U8","dtype":"I8","shape":[8],"data_offsets":[0,8]})"),
            "file: the header's entry \"x\" has \"dtype\" twice");
  EXPECT_EQ(SafetensorsRefusal(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8]},"x":{})"),
            "file: the header has \"x\" twice");
  EXPECT_EQ(SafetensorsRefusal(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
            "file: the tensor \"x\" has the shape [4294967296, 4294967296], more elements than can be counted");
  const std::string half = SafetensorsRefusal(R"({"dtype":"F16","shape":[4],"data_offsets":[0,8]})");
  EXPECT_NE(half.find("the tensor \"x\" has elements of the type \"F16\"; allowed are BOOL, U8, "), std::string::npos)
      << half;
  EXPECT_EQ(RefusalOf(Safetensors(R"({"x":{"dtype":"U8","shape":[0,4],"data_offsets":[0,0]}})", "")),
            "file: the tensor \"x\" has the shape [0, 4]; an array needs one dimension or more, none of them 0");
  EXPECT_EQ(RefusalOf(Safetensors(R"({"x":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", "1")),
            "file: the tensor \"x\" has the shape []; an array needs one dimension or more, none of them 0");
  EXPECT_EQ(RefusalOf(Safetensors("{\"__metadata__\":{\"a\":1}}", "")),
            "file: the header's entry \"__metadata__\" has a number where safetensors have none (\"a\")");
  EXPECT_EQ(RefusalOf(Safetensors("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "")),
            "file: the header's entry \"__metadata__\" has \"a\" twice");
}

TEST(Safetensors, OtherTensorsMayBeOfAnyType) {
  const std::string header = R"({"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},)"
                             R"("x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})";
  EXPECT_EQ(ArrayOf(Safetensors(header, "12345678"), "x").elements(), 4);
}

}  // namespace
}  // namespace modlab
