#include "client/output/text.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace modlab::client {
namespace {

TEST(PrintableLines, KeepsAndIndentsLines) {
  EXPECT_EQ(PrintableLines("a*b\x1b"), "a*b?");
  EXPECT_EQ(PrintableLines("wrong:\n  y + why\n      ^"), "wrong:\n  y + why\n      ^");
  EXPECT_EQ(PrintableLines("x\nmodlab: done\r\n"), "x\n  modlab: done?\n  ");
}

TEST(Printable, KeepsTextAndReplacesWhatTerminalsActUpon) {
  EXPECT_EQ(Printable("layer.0 ünï→"), "layer.0 ünï→");
  EXPECT_EQ(Printable("a\x1b[2Jb"), "a?[2Jb");
  EXPECT_EQ(Printable("a\nb\tc\x7f"), "a?b?c?");
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "31m"),
            "a?31m");                      // U+009B, the one-character CSI
  EXPECT_EQ(Printable("\xff\xc3"), "??");  // not UTF-8
  EXPECT_EQ(Printable("\xe2\x82"), "??");  // cut off
}

TEST(DisplayWidth, CountsCharacters) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("ünï→"), 4);
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(Shortened, EndsInAnEllipsisOnlyIfCut) {
  EXPECT_EQ(Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(Shortened("abcdef", 5), "abcd…");
  EXPECT_EQ(Shortened("üüüüüü", 3), "üü…");
}

TEST(ShortenedInFront, StartsWithAnEllipsisOnlyIfCut) {
  EXPECT_EQ(ShortenedInFront("abcdef", 6), "abcdef");
  EXPECT_EQ(ShortenedInFront("abcdef", 5), "…cdef");
  EXPECT_EQ(ShortenedInFront("üüüüüä", 3), "…üä");
  EXPECT_EQ(DisplayWidth(ShortenedInFront("layers.0.self_attention.in_proj", 24)), 24);
}

TEST(SizeText, PowersOf1024) {
  EXPECT_EQ(SizeText(0), "0 bytes");
  EXPECT_EQ(SizeText(1023), "1023 bytes");
  EXPECT_EQ(SizeText(1536), "1.5 KiB");
  EXPECT_EQ(SizeText(4294967296.0), "4.0 GiB");
  EXPECT_EQ(SizeText(104857600), "100 MiB");
}

TEST(SecondsText, CoarserWhereLonger) {
  EXPECT_EQ(SecondsText(0.124), "0.12 s");
  EXPECT_EQ(SecondsText(45.4), "45 s");
  EXPECT_EQ(SecondsText(200), "3 min 20 s");
  EXPECT_EQ(SecondsText(7500), "2 h 5 min");
}

TEST(NumberText, NoTrailingZerosNoNegativeZero) {
  EXPECT_EQ(NumberText(1), "1");
  EXPECT_EQ(NumberText(0.0938011), "0.0938");
  EXPECT_EQ(NumberText(-1e-16), "0");
  EXPECT_EQ(NumberText(0.00002), "2e-05");
  EXPECT_EQ(NumberText(10), "10");
}

TEST(TimeText, LocalTimeOrADash) {
  setenv("TZ", "UTC", 1);
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time), "-");
  time.set_seconds(1717178652);  // date -u -d @1717178652
  EXPECT_EQ(TimeText(time), "2024-05-31 18:04:12");
}

}  // namespace
}  // namespace modlab::client
