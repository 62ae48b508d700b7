#include "core/shown_text.h"

#include <gtest/gtest.h>

namespace modlab {
namespace {

TEST(Quoted, ShowsUtf8AndEscapesTheRest) {
  EXPECT_EQ(Quoted("a b"), "\"a b\"");
  EXPECT_EQ(Quoted("Gr\xc3\xb6\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\"Gr\xc3\xb6\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x98\x80\"");
  EXPECT_EQ(Quoted("\x1b[31m\n"), "\"\\x1b[31m\\x0a\"");
  EXPECT_EQ(Quoted(std::string("\0\x7f", 2)), "\"\\x00\\x7f\"");
  EXPECT_EQ(Quoted("\xff\xc3"), "\"\\xff\\xc3\"");
  EXPECT_EQ(Quoted("\xc0\xaf"), "\"\\xc0\\xaf\"");                    // overlong
  EXPECT_EQ(Quoted("\xe0\x80\xaf"), "\"\\xe0\\x80\\xaf\"");           // overlong
  EXPECT_EQ(Quoted("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"");           // a surrogate
  EXPECT_EQ(Quoted("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\"");  // beyond U+10FFFF
  EXPECT_EQ(Quoted("\xc2\x9b"), "\"\\xc2\\x9b\"");                    // a control character
  EXPECT_EQ(Quoted("\xe2\x80\xae"), "\"\\xe2\\x80\\xae\"");           // from right to left
}

TEST(Quoted, CutsBetweenCharacters) {
  EXPECT_EQ(Quoted("abcd", 4), "\"abcd\"");
  EXPECT_EQ(Quoted("abcde", 4), "\"abcd...\"");
  EXPECT_EQ(Quoted("abc\xc3\xb6", 4), "\"abc...\"");
  EXPECT_EQ(Quoted(std::string(1000, 'a')).size(), 64U + 2 + 3);
}

TEST(Shown, IsWhatIsQuoted) {
  EXPECT_EQ(Shown("a\x1b b", 100), "a\\x1b b");
  EXPECT_EQ(Shown("abcde", 4), "abcd...");
  EXPECT_EQ(Shown("", 4), "");
}

TEST(NearNames, AreNearestFirst) {
  EXPECT_EQ(NearNames("x", {}), "nothing");
  EXPECT_EQ(NearNames("lable", {"image", "label", "table"}), "\"table\", \"label\", \"image\"");
  EXPECT_EQ(NearNames("f", {"a", "b", "c", "d", "e", "f"}), "\"f\", \"a\", \"b\", \"c\", \"d\" and 1 more");
}

}  // namespace
}  // namespace modlab
