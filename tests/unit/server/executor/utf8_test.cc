#include "server/executor/utf8.h"

#include <gtest/gtest.h>

namespace modlab::server {
namespace {

const std::string kBad = "\xEF\xBF\xBD";  // U+FFFD

TEST(ToUtf8, LeavesWellFormedTextAlone) {
  for (const std::string text : {"", "features.0", "schichtgr\u00f6\u00dfe", "\u5c42", "\U0001F600", "\u0800", "\uD7FF",
                                 "\U00010000", "\U0010FFFF"}) {
    EXPECT_EQ(ToUtf8(text), text);
  }
  EXPECT_EQ(ToUtf8(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

TEST(ToUtf8, ReplacesEveryByteThatIsNotPartOfACharacter) {
  EXPECT_EQ(ToUtf8("a\xFFz"), "a" + kBad + "z");
  EXPECT_EQ(ToUtf8("\x80"), kBad);                                   // A continuation of nothing.
  EXPECT_EQ(ToUtf8("\xC3"), kBad);                                   // Cut off.
  EXPECT_EQ(ToUtf8("\xE2\x82z"), kBad + kBad + "z");                 // Broken off.
  EXPECT_EQ(ToUtf8("\xC0\xAF"), kBad + kBad);                        // Overlong.
  EXPECT_EQ(ToUtf8("\xE0\x9F\xBF"), kBad + kBad + kBad);             // Overlong.
  EXPECT_EQ(ToUtf8("\xED\xA0\x80"), kBad + kBad + kBad);             // A surrogate.
  EXPECT_EQ(ToUtf8("\xF4\x90\x80\x80"), kBad + kBad + kBad + kBad);  // Beyond U+10FFFF.
}

TEST(ToUtf8, CutsOffBetweenCharacters) {
  EXPECT_EQ(ToUtf8("abcdef", 3), "abc");
  EXPECT_EQ(ToUtf8("ab\u5c42", 4), "ab");
  EXPECT_EQ(ToUtf8("ab\u5c42", 5), "ab\u5c42");
  EXPECT_EQ(ToUtf8("ab\xFF", 4), "ab");
}

}  // namespace
}  // namespace modlab::server
