#include "server/store/page.h"

#include <gtest/gtest.h>

namespace modlab::server {
namespace {

TEST(Page, SizesAreBounded) {
  EXPECT_EQ(ParsePage(0, "", "f")->size, 50);
  EXPECT_EQ(ParsePage(7, "", "f")->size, 7);
  EXPECT_EQ(ParsePage(5000, "", "f")->size, 1000);
  EXPECT_FALSE(ParsePage(-1, "", "f"));
}

TEST(Page, TokenContinuesItsOwnListOnly) {
  const std::string token = MakePageToken(42, "f");
  EXPECT_EQ(ParsePage(0, token, "f")->before_sequence, 42);
  EXPECT_FALSE(ParsePage(0, token, "g"));
  EXPECT_FALSE(ParsePage(0, token + "x", "f"));
  EXPECT_FALSE(ParsePage(0, "nonsense", "f"));
}

}  // namespace
}  // namespace modlab::server
