#include "core/dataset/tensor_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <system_error>

#include "core/dataset/array_file.h"
#include "core/dataset/safetensors.h"
#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

std::vector<NamedArray> Tensors() {
  return {
      {"bytes", MakeArray<uint8_t>({3}, {1, 2, 3})}, {"layer.weight", MakeArray<float>({2, 2}, {1, 2, 3, 4})},
      {"step", MakeArray<int64_t>({}, {-5})},        {"Gr\xc3\xb6\xc3\x9f\x65 \"1\"", MakeArray<double>({1}, {0.1})},
      {"nothing", MakeArray<int16_t>({0, 3}, {})},   {"small", MakeArray<int16_t>({1}, {9})}};
}

TEST(TensorFile, GivesBackWhatWasWritten) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "tensors";
  const std::map<std::string, std::string> metadata = {{"b", "\"2\"\n"}, {"a", ""}};
  const std::vector<NamedArray> tensors = Tensors();
  WriteTensorFile(path, tensors, metadata);
  const TensorFile file = TensorFile::Open(path, "tensors");
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, array] = tensors[i];
    EXPECT_EQ(file.names()[i], name);
    const Array* const found = file.Find(name);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found, &file.tensors()[i].array);
    EXPECT_EQ(found->type, array.type);
    EXPECT_EQ(found->shape, array.shape);
    ASSERT_EQ(found->bytes.size(), array.bytes.size());
    EXPECT_TRUE(std::equal(array.bytes.begin(), array.bytes.end(), found->bytes.begin()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(found->bytes.data()) % static_cast<uintptr_t>(SizeOf(array.type)), 0U);
  }
  EXPECT_EQ(file.Find("layer"), nullptr);
  EXPECT_EQ(file.Find("__metadata__"), nullptr);
  EXPECT_EQ(At(ReadArray(path, "tensors", "layer.weight"), 3), 4);
}

TEST(TensorFile, IsTheSameForTheSameTensors) {
  const TemporaryDirectory directory;
  WriteTensorFile(directory.path() / "a", Tensors(), {{"k", "v"}});
  directory.Write("b", std::string(100'000, 'x'));  // what was there before goes
  WriteTensorFile(directory.path() / "b", Tensors(), {{"k", "v"}});
  const std::string content = ContentOf(directory.path() / "a");
  EXPECT_EQ(content, ContentOf(directory.path() / "b"));
  WriteTensorFile(directory.path() / "b", {Tensors()[1], Tensors()[0]}, {{"k", "v"}});
  EXPECT_NE(content, ContentOf(directory.path() / "b"));
}

// Written out, so that files of today are still read, and found by their digests, tomorrow.
TEST(TensorFile, HasThisLayout) {
  const TemporaryDirectory directory;
  WriteTensorFile(directory.path() / "a",
                  {{"x", MakeArray<uint8_t>({2}, {'h', 'i'})}, {"y", MakeArray<int16_t>({1}, {513})}}, {{"k", "v"}});
  std::string header = R"({"__metadata__":{"k":"v"},"x":{"data_offsets":[2,4],"dtype":"U8","shape":[2]},)"
                       R"("y":{"data_offsets":[0,2],"dtype":"I16","shape":[1]}})";
  header.resize(3 * 64 - 8, ' ');
  EXPECT_EQ(ContentOf(directory.path() / "a"), Safetensors(header, "\x01\x02hi"));
}

TEST(TensorFile, CanBeEmpty) {
  const TemporaryDirectory directory;
  WriteTensorFile(directory.path() / "a", {});
  const TensorFile file = TensorFile::Open(directory.path() / "a", "a");
  EXPECT_TRUE(file.tensors().empty());
  EXPECT_TRUE(file.metadata().empty());
}

TEST(TensorFile, ArraysOutliveIt) {
  const TemporaryDirectory directory;
  WriteTensorFile(directory.path() / "a", Tensors());
  const Array array = *TensorFile::Open(directory.path() / "a", "a").Find("layer.weight");
  std::filesystem::remove(directory.path() / "a");
  EXPECT_EQ(ValuesOf<float>(array), (std::vector<float>{1, 2, 3, 4}));
}

TEST(TensorFile, IsNotWrittenWithWrongNames) {
  const TemporaryDirectory directory;
  const Array array = MakeArray<float>({1}, {1});
  const auto write = [&](const std::vector<NamedArray>& tensors,
                         const std::map<std::string, std::string>& metadata = {}) {
    WriteTensorFile(directory.path() / "a", tensors, metadata);
  };
  EXPECT_THROW(write({{"x", array}, {"x", array}}), std::logic_error);
  EXPECT_THROW(write({{"", array}}), std::logic_error);
  EXPECT_THROW(write({{"__metadata__", array}}), std::logic_error);
  EXPECT_THROW(write({{"\xff", array}}), std::logic_error);
  EXPECT_THROW(write({{"x", array}}, {{"k", "\xff"}}), std::logic_error);
  Array wrong = array;
  wrong.shape = {2};
  EXPECT_THROW(write({{"x", wrong}}), std::logic_error);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "a"));
}

TEST(TensorFile, SaysThatTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a";
  std::filesystem::create_symlink("/dev/full", path);
  try {
    WriteTensorFile(path, Tensors());
    ADD_FAILURE() << "written";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_space_on_device);
  }
  EXPECT_FALSE(std::filesystem::is_symlink(path));
  EXPECT_THROW(WriteTensorFile(directory.path() / "none" / "a", Tensors()), std::system_error);
}

TEST(TensorFile, IsCheckedWhenItIsOpened) {
  const TemporaryDirectory directory;
  WriteTensorFile(directory.path() / "a", Tensors());
  const std::string whole = ContentOf(directory.path() / "a");
  const auto refusal = [&](const std::string& content) {
    return SentenceOf([&] { TensorFile::Open(directory.Write("b", content), "b"); });
  };
  EXPECT_EQ(refusal(whole), "accepted");
  EXPECT_NE(refusal(whole + "1").find("bytes follow after the last tensor's end"), std::string::npos);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)).find("is cut off"), std::string::npos) << size;
  }
  EXPECT_NE(refusal(Safetensors(R"({"h":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", "1234")).find("\"BF16\""),
            std::string::npos);
  EXPECT_NE(
      refusal(Safetensors(R"({"h":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", "\1\5")).find("a bool is 5"),
      std::string::npos);
  EXPECT_THROW(TensorFile::Open(directory.path() / "none", "none"), std::system_error);
  EXPECT_THROW(TensorFile::Open(directory.path(), "directory"), std::system_error);
}

}  // namespace
}  // namespace modlab
