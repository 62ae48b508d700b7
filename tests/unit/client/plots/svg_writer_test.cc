#include "client/plots/svg_writer.h"

#include <gtest/gtest.h>

namespace modlab::client::plots {
namespace {

TEST(EscapedXml, LeavesNothingThatXmlWouldRead) {
  EXPECT_EQ(EscapedXml("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(EscapedXml("Größe λ₂ ≤ 2"), "Größe λ₂ ≤ 2");
}

TEST(EscapedXml, ReplacesWhatIsNoText) {
  EXPECT_EQ(EscapedXml(std::string("a\0b", 3)), "a\uFFFDb");
  EXPECT_EQ(EscapedXml("a\nb\tc"), "a b c");
  EXPECT_EQ(EscapedXml("\x1b[31m\x7f"), "\uFFFD[31m\uFFFD");
  EXPECT_EQ(EscapedXml("\xff"), "\uFFFD");
  EXPECT_EQ(EscapedXml("\xe2\x82"), "\uFFFD\uFFFD") << "cut short";
  EXPECT_EQ(EscapedXml("\xc0\xaf"), "\uFFFD\uFFFD") << "longer than it needs to be";
  EXPECT_EQ(EscapedXml("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(EscapedXml("\xef\xbf\xbe"), "\uFFFD") << "U+FFFE";
  EXPECT_EQ(EscapedXml("a\u202Eb"), "a\uFFFDb") << "turns the direction";
  EXPECT_EQ(EscapedXml("\xf0\x9f\x99\x82"), "\xf0\x9f\x99\x82");
}

TEST(Coordinate, IsShort) {
  EXPECT_EQ(Coordinate(0), "0");
  EXPECT_EQ(Coordinate(-0.001), "0");
  EXPECT_EQ(Coordinate(12), "12");
  EXPECT_EQ(Coordinate(100), "100");
  EXPECT_EQ(Coordinate(12.5), "12.5");
  EXPECT_EQ(Coordinate(12.346), "12.35");
  EXPECT_EQ(Coordinate(0.5), ".5");
  EXPECT_EQ(Coordinate(-0.25), "-.25");
}

TEST(SvgWriter, LeavesOutEmptyAttributesAndAddsTooltips) {
  SvgWriter svg;
  svg.Element("circle", {{"class", ""}, {"r", 2.0}});
  svg.Circle(1, 2, 3, "ml-unit", "a < b");
  EXPECT_EQ(svg.svg(),
            "<circle r=\"2\"/>\n"
            "<circle class=\"ml-unit\" cx=\"1\" cy=\"2\" r=\"3\"><title>a &lt; b</title></circle>\n");
}

TEST(SvgWriter, TurnsAndAnchorsText) {
  SvgWriter svg;
  svg.Text({10, 20.5, Anchor::kEnd, -45, "ml-halo"}, TextStyle::kTick, "x");
  EXPECT_EQ(svg.svg(),
            "<text class=\"ml-tick ml-halo\" x=\"10\" y=\"20.5\" text-anchor=\"end\" transform=\"rotate(-45 10 "
            "20.5)\">x</text>\n");
}

}  // namespace
}  // namespace modlab::client::plots
