#include "server/jobs/archive_check.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <fstream>
#include <string>
#include <vector>

#include "server/jobs/request_error.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

class ArchiveCheck : public testing::Test {
 protected:
  std::filesystem::path Zip(const std::vector<std::pair<std::string, std::string>>& entries, bool compress = false) {
    const auto path = directory_.path() / "model.pt";
    int error = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const auto& [name, content] : entries) {
      zip_source_t* source = zip_source_buffer(zip, content.data(), content.size(), 0);
      const zip_int64_t index = zip_file_add(zip, name.c_str(), source, ZIP_FL_ENC_UTF_8);
      zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 9);
    }
    EXPECT_EQ(zip_close(zip), 0);
    return path;
  }

  static std::string Problem(const std::filesystem::path& path) {
    try {
      CheckTorchScriptArchive(path);
      return "";
    } catch (const RequestError& error) {
      EXPECT_EQ(error.reason(), modlab::v1::FORMAT_INVALID);
      return error.what();
    }
  }

  static std::string Little(uint64_t number, size_t size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
    return bytes;
  }

  /// A record of the directory's end, as APPNOTE 4.3.16 has it.
  static std::string End(uint64_t entries, uint64_t bytes, uint64_t offset) {
    return "PK\5\6" + Little(0, 4) + Little(entries, 2) + Little(entries, 2) + Little(bytes, 4) + Little(offset, 4) +
           Little(0, 2);
  }

  /// A directory's header of an empty file, as APPNOTE 4.3.12 has it.
  static std::string Header(const std::string& name, const std::string& extra) {
    return "PK\1\2" + Little(20, 2) + Little(20, 2) + Little(0, 2) + Little(0, 2) + Little(0, 4) + Little(0, 4) +
           Little(0, 4) + Little(0, 4) + Little(name.size(), 2) + Little(extra.size(), 2) + Little(0, 2) +
           Little(0, 2) + Little(0, 2) + Little(0, 4) + Little(0, 4) + name + extra;
  }

  static void Append(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::app | std::ios::binary) << bytes;
  }

  TemporaryDirectory directory_;
  std::vector<std::pair<std::string, std::string>> model_ = {
      {"net/version", "3"}, {"net/data.pkl", "x"}, {"net/code/__torch__.py", "pass"}};
};

TEST_F(ArchiveCheck, TakesWhatTorchSaves) { EXPECT_EQ(Problem(Zip(model_)), ""); }

TEST_F(ArchiveCheck, RefusesWhatIsNoZip) {
  const auto path = directory_.path() / "text";
  std::ofstream(path) << std::string(1000, 'x');
  EXPECT_NE(Problem(path).find("not a zip file"), std::string::npos);
}

TEST_F(ArchiveCheck, RefusesWhatIsCutOff) {
  const auto path = Zip(model_);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_NE(Problem(path), "");
}

TEST_F(ArchiveCheck, RefusesOtherZips) {
  EXPECT_NE(Problem(Zip({{"a.txt", "x"}})).find("not a TorchScript model"), std::string::npos);
  EXPECT_NE(Problem(Zip({{"net/version", "3"}, {"net/data.pkl", "x"}})).find("no code"), std::string::npos);
}

TEST_F(ArchiveCheck, RefusesNamesThatLeaveTheArchive) {
  model_.emplace_back("net/../../etc/passwd", "x");
  EXPECT_NE(Problem(Zip(model_)).find("outside itself"), std::string::npos);
}

TEST_F(ArchiveCheck, RefusesBombs) {
  model_.emplace_back("net/data/0", std::string(64 << 20, '\0'));
  EXPECT_NE(Problem(Zip(model_, true)).find("unpacks"), std::string::npos);
  EXPECT_EQ(Problem(Zip(model_, false)), "");
}

TEST_F(ArchiveCheck, RefusesDirectoriesThatWouldFillTheMemory) {
  const auto large = Zip(model_);
  std::filesystem::resize_file(large, 40 << 20);
  Append(large, End(60000, 40 << 20, 0));
  EXPECT_NE(Problem(large).find("directory of 40 MiB"), std::string::npos);

  // In the 64-bit records (4.3.14, 4.3.15), where the numbers need not be true.
  const auto path = Zip(model_);
  const uint64_t place = std::filesystem::file_size(path);
  const uint64_t entries = uint64_t{1} << 40;
  Append(path, "PK\6\6" + Little(44, 8) + Little(45, 2) + Little(45, 2) + Little(0, 8) + Little(entries, 8) +
                   Little(entries, 8) + Little(100, 8) + Little(0, 8));
  Append(path, "PK\6\7" + Little(0, 4) + Little(place, 8) + Little(1, 4) + End(0xffff, 0xffffffff, 0xffffffff));
  EXPECT_NE(Problem(path).find("1099511627776 entries"), std::string::npos);
}

TEST_F(ArchiveCheck, SeesADirectorysEndWhereverLibzipLooksForIt) {
  // The record's comment as long as some libzip takes it, 65,536 bytes, so that its locator is the first that it reads.
  for (const size_t comment : {65'535, 65'536}) {
    const auto path = Zip(model_);
    const uint64_t place = std::filesystem::file_size(path);
    const uint64_t entries = uint64_t{1} << 40;
    Append(path, "PK\6\6" + Little(44, 8) + Little(45, 2) + Little(45, 2) + Little(0, 8) + Little(entries, 8) +
                     Little(entries, 8) + Little(100, 8) + Little(0, 8));
    Append(path, "PK\6\7" + Little(0, 4) + Little(place, 8) + Little(1, 4) + End(0xffff, 0xffffffff, 0xffffffff));
    Append(path, std::string(comment, 'c'));
    EXPECT_NE(Problem(path).find("1099511627776 entries"), std::string::npos) << comment;
  }
}

TEST_F(ArchiveCheck, CountsTheEntriesThatAreThereAndNotThoseThatAreClaimed) {
  const auto path = directory_.path() / "many.pt";
  std::string directory;
  for (int i = 0; i < 200'001; ++i) directory += Header("x", "");
  Append(path, directory + End(200'001 % 65'536, directory.size(), 0));
  EXPECT_NE(Problem(path).find("200001 entries"), std::string::npos);
}

TEST_F(ArchiveCheck, RefusesEntriesOfManyExtraFields) {
  const auto path = directory_.path() / "extra.pt";
  std::string extra;
  for (int i = 0; i < 5; ++i) extra += Little(0x4642, 2) + Little(1, 2) + "x";
  const std::string directory = Header("x", "") + Header("y", extra);
  Append(path, directory + End(2, directory.size(), 0));
  EXPECT_NE(Problem(path).find("entry 1 of the archive has more extra fields"), std::string::npos);
}

TEST_F(ArchiveCheck, RefusesSeveralDirectories) {
  const auto path = Zip(model_);
  const std::string directory = Header("x", "");
  const uint64_t place = std::filesystem::file_size(path);
  Append(path, directory + End(1, directory.size(), place));
  EXPECT_NE(Problem(path).find("several directories"), std::string::npos);
}

TEST_F(ArchiveCheck, TakesLargeArchivesWhoseNumbersAreIn64BitsOnly) {
  const auto path = directory_.path() / "large.pt";
  std::ofstream(path).close();
  std::filesystem::resize_file(path, int64_t{9} << 30);  // a hole
  const std::string directory = Header("net/version", "");
  const uint64_t offset = std::filesystem::file_size(path);
  Append(path, directory);
  const uint64_t place = std::filesystem::file_size(path);
  Append(path, "PK\6\6" + Little(44, 8) + Little(45, 2) + Little(45, 2) + Little(0, 8) + Little(1, 8) + Little(1, 8) +
                   Little(directory.size(), 8) + Little(offset, 8));
  Append(path, "PK\6\7" + Little(0, 4) + Little(place, 8) + Little(1, 4) + End(0xffff, 0xffffffff, 0xffffffff));
  EXPECT_EQ(Problem(path).find("directory of"), std::string::npos) << Problem(path);
}

TEST_F(ArchiveCheck, TakesWeightsThatLookLikeADirectory) {
  model_.emplace_back("net/data/0", End(0xffff, 0xffffffff, 0xfffffff0));
  EXPECT_EQ(Problem(Zip(model_)), "");
}

}  // namespace
}  // namespace modlab::server
