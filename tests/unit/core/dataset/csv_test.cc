#include "core/dataset/csv.h"

#include <gtest/gtest.h>

#include "core/dataset/column_names.h"
#include "tests/unit/core/dataset/file_content.h"

namespace modlab {
namespace {

TEST(Csv, OfIntegersIsInt64) {
  const Array array = ArrayOf("a,b\r\n1,-2\r\n+3, 9223372036854775807 \r\n");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(ValuesOf<int64_t>(array), (std::vector<int64_t>{1, -2, 3, INT64_MAX}));
}

TEST(Csv, OfFractionsIsFloat32UnlessThatLosesSomething) {
  EXPECT_EQ(ValuesOf<float>(ArrayOf("a\n1\n0.1\n-2.5e3\n16777216")), (std::vector<float>{1, 0.1F, -2500, 16777216}));
  EXPECT_EQ(ValuesOf<double>(ArrayOf("a\n16777217\n0.5")), (std::vector<double>{16777217, 0.5}));
  EXPECT_EQ(ValuesOf<double>(ArrayOf("a\n0.5\n16777217")), (std::vector<double>{0.5, 16777217}));
  EXPECT_EQ(ValuesOf<double>(ArrayOf("a\n1e39")), (std::vector<double>{1e39}));
  EXPECT_EQ(ValuesOf<double>(ArrayOf("a\n1e-50\n0.0")), (std::vector<double>{1e-50, 0}));
  EXPECT_EQ(ValuesOf<double>(ArrayOf("a\n123456789012345678901234567890")),
            (std::vector<double>{123456789012345678901234567890.0}));
}

TEST(Csv, OfOneColumnHasOneDimension) {
  EXPECT_EQ(ArrayOf("a\n1\n2\n").shape, (std::vector<int64_t>{2}));
  EXPECT_EQ(ArrayOf("a,b\n1,2\n3,4\n5,6", "b").shape, (std::vector<int64_t>{3}));
  EXPECT_EQ(ArrayOf("a,b\n1,2").shape, (std::vector<int64_t>{1, 2}));
}

TEST(Csv, HasColumnsByNameAndPattern) {
  const std::string table = "label,p0,p1,p10,note\n5,1,2,3,x\n6,4,5,6,\"y, \"\"z\"\"\n\"\n";
  const auto columns = [&](const std::string& member) { return ValuesOf<int64_t>(ArrayOf(table, member)); };
  EXPECT_EQ(columns("label"), (std::vector<int64_t>{5, 6}));
  EXPECT_EQ(columns("p*"), (std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(columns("p?"), (std::vector<int64_t>{1, 2, 4, 5}));
  EXPECT_EQ(columns("p1, label"), (std::vector<int64_t>{2, 5, 5, 6}));
  EXPECT_EQ(columns("p10,p*"), (std::vector<int64_t>{3, 1, 2, 6, 4, 5}));
  EXPECT_EQ(RefusalOf(table, "p2"),
            "file: line 1: has no column called \"p2\"; there are \"p0\", \"p1\", \"p10\", \"note\", \"label\"");
  EXPECT_EQ(RefusalOf(table, "q*"),
            "file: line 1: has no column called \"q*\"; there are \"p0\", \"p1\", \"p10\", \"note\", \"label\"");
  EXPECT_EQ(RefusalOf(table, "label,").rfind("file: line 1: has no column called \"\"; there are ", 0), 0U);
  // A star in a name is a star.
  EXPECT_EQ(ValuesOf<int64_t>(ArrayOf("a,a*\n1,2", "a*")), (std::vector<int64_t>{2}));
}

TEST(Csv, NamesTheFirstOfManyColumns) {
  std::string header = "c0";
  std::string row = "0";
  for (int i = 1; i < 3000; ++i) {
    header += ",c" + std::to_string(i);
    row += ",0";
  }
  EXPECT_EQ(ArrayOf(header + "\n" + row).shape, (std::vector<int64_t>{1, 3000}));
  EXPECT_EQ(RefusalOf(header + "\n" + row, "d10"),
            "file: line 1: has no column called \"d10\"; there are \"c10\", \"c0\", \"c1\", \"c11\", \"c12\" and "
            "2995 more");
}

TEST(Csv, Patterns) {
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a*b*c", "aXbXbc"));
  EXPECT_FALSE(MatchesPattern("a*b*c", "aXbXbd"));
  EXPECT_FALSE(MatchesPattern("?", ""));
  EXPECT_TRUE(MatchesPattern("**a", "a"));
  EXPECT_FALSE(MatchesPattern("a", "ab"));
  EXPECT_FALSE(MatchesPattern("ab", "a"));
  EXPECT_TRUE(MatchesPattern("[a]", "[a]"));
  // Where every star could give way for every other this would not end.
  std::string stars;
  for (int i = 0; i < 100; ++i) stars += "*a";
  EXPECT_FALSE(MatchesPattern(stars + "b", std::string(10'000, 'a')));
}

TEST(Csv, QuotesAsRfc4180Has) {
  const std::string table = "\"a\",\"b \"\"c\"\"\",\"d\ne\"\n\"1\",2,3\r\n4,\"5\",\"6\"";
  EXPECT_EQ(ValuesOf<int64_t>(ArrayOf(table)), (std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(ValuesOf<int64_t>(ArrayOf(table, "b \"c\"")), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(RefusalOf("a\n\"1\n2\n"), "file: line 2: a cell's opening quotation mark is never closed");
  EXPECT_EQ(RefusalOf("a\n\""), "file: line 2: a cell's opening quotation mark is never closed");
  EXPECT_EQ(RefusalOf("a\n\"1\"2\n"), "file: line 2: something follows after a cell's closing quotation mark");
  EXPECT_EQ(RefusalOf("a\n1\"\n"), "file: line 2: a quotation mark within a cell that does not start with one");
  // Lines are counted within quotation marks, too.
  EXPECT_EQ(RefusalOf("a,b\n1,\"x\n\ny\"\nz,1", "a"), "file: line 5: column 1, \"a\": \"z\" is not a number");
}

TEST(Csv, SaysWhichCellIsNoNumber) {
  const auto refusal = [](const std::string& cell) { return RefusalOf("a,b\n1,2\n3," + cell + "\n"); };
  EXPECT_EQ(refusal("x"), "file: line 3: column 2, \"b\": \"x\" is not a number");
  EXPECT_EQ(refusal(""), "file: line 3: column 2, \"b\": is empty; every cell needs a number");
  EXPECT_EQ(refusal("  "), "file: line 3: column 2, \"b\": \"  \" is empty; every cell needs a number");
  EXPECT_EQ(refusal("nan"), "file: line 3: column 2, \"b\": \"nan\" is not a finite number");
  EXPECT_EQ(refusal("-inf"), "file: line 3: column 2, \"b\": \"-inf\" is not a finite number");
  EXPECT_EQ(refusal("1e999"), "file: line 3: column 2, \"b\": \"1e999\" is a number that float64 cannot hold");
  for (const char* cell : {"1.5x", "0x10", "1 2", "+", "-", "+-1", "--1", "1e", ".", "NA", "True"}) {
    EXPECT_NE(refusal(cell).find("\" is not a number"), std::string::npos) << cell << refusal(cell);
  }
}

TEST(Csv, SaysWhichRowIsOfAnotherLength) {
  EXPECT_EQ(RefusalOf("a,b\n1,2\n3\n"), "file: line 3: has 1 cells; the header has 2 columns");
  EXPECT_EQ(RefusalOf("a,b\n1,2,\n"), "file: line 2: has 3 cells; the header has 2 columns");
  EXPECT_EQ(RefusalOf("a,b\n1,2\n\n3,4\n"), "file: line 3: is empty, and more rows follow");
  EXPECT_EQ(ArrayOf("a,b\n1,2\n\n\r\n").rows(), 1);
}

TEST(Csv, NeedsAHeader) {
  EXPECT_EQ(RefusalOf("\na\n1"), "file: line 1: is empty; expected a header with the columns' names");
  EXPECT_EQ(RefusalOf("5,1,2\n6,3,4\n"),
            "file: line 1: has nothing but numbers; the first line must be a header with the columns' names");
  EXPECT_EQ(RefusalOf("0\n1\n"),
            "file: line 1: has nothing but numbers; the first line must be a header with the columns' names");
  EXPECT_EQ(ArrayOf("0,1,2\n6,3,4\n").rows(), 1);  // as pandas names columns without names
  EXPECT_EQ(RefusalOf("a,b\n"), "file: line 1: has a header, but no rows follow");
  EXPECT_EQ(RefusalOf("a,b"), "file: line 1: has a header, but no rows follow");
  EXPECT_EQ(RefusalOf("a,b,a\n1,2,3"), "file: line 1: the columns 1 and 3 are both called \"a\"");
  EXPECT_EQ(ArrayOf("\xef\xbb\xbf\x61,b\n1,2", "a").rows(), 1);
  EXPECT_EQ(RefusalOf(std::string(1'000'001, ','), "", int64_t{1} << 30),
            "file: line 1: has more than 1000000 columns");
}

TEST(Csv, KeepsNoMoreThanIsAllowed) {
  std::string table = "a\n";
  for (int i = 0; i < 2000; ++i) table += "1\n";
  EXPECT_EQ(ArrayOf(table, "", 16'000).rows(), 2000);
  EXPECT_EQ(RefusalOf(table, "", 15'999),
            "file: the selection takes 16000 bytes in memory, more than the 15999 that are allowed");
}

}  // namespace
}  // namespace modlab
