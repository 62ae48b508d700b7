#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <locale>
#include <set>
#include <string>

#include "client/plots/style_sheet.h"
#include "tests/unit/client/plots/sample_plots.h"
#include "tests/unit/client/plots/svg_reading.h"

namespace modlab::client::plots {
namespace {

FigureText SomeText(const std::string& prefix) {
  return {"Leiden, 3 clusters, Q = 0.4967", "digits-mlp.pt", "As the server reported it.", "", prefix};
}

class EveryPlot : public testing::TestWithParam<SamplePlot> {
 protected:
  std::string Draw(const FigureText& text) const { return GetParam().draw(text); }
};

TEST_P(EveryPlot, IsADocumentThatSaysWhatItIs) {
  const SvgReading svg(Draw(SomeText("first")));
  const SvgElement& root = svg.root();
  EXPECT_EQ(root.Attribute("role"), "img");
  EXPECT_EQ(root.Attribute("aria-labelledby"), "first-title");
  EXPECT_EQ(root.Attribute("aria-describedby"), "first-desc");
  EXPECT_EQ(root.Attribute("viewBox"), "0 0 " + root.Attribute("width") + ' ' + root.Attribute("height"));
  EXPECT_EQ(root.Number("width"), 760);
  const auto titles = svg.Named("title");
  ASSERT_FALSE(titles.empty());
  EXPECT_EQ(titles.front().Attribute("id"), "first-title");
  EXPECT_EQ(titles.front().text, "Leiden, 3 clusters, Q = 0.4967");
  ASSERT_EQ(svg.Named("desc").size(), 1U);
  EXPECT_GT(svg.Named("desc").front().text.size(), 20U);
  EXPECT_EQ(svg.CountWithClass("ml-background"), 1U);
  EXPECT_NE(svg.ShownText().find("Leiden, 3 clusters"), std::string::npos);
  EXPECT_NE(svg.ShownText().find("reported it."), std::string::npos);
}

TEST_P(EveryPlot, SharesAPageWithOthers) {
  const std::string first = Draw(SomeText("first"));
  const std::string second = Draw(SomeText("second"));
  std::multiset<std::string> ids;
  for (const std::string& document : {first, second}) {
    const SvgReading svg(document);
    for (const SvgElement& element : svg.elements()) {
      if (!element.Attribute("id").empty()) ids.insert(element.Attribute("id"));
      std::istringstream classes(element.Attribute("class"));
      for (std::string name; classes >> name;) EXPECT_TRUE(name.starts_with("ml-")) << name;
    }
    EXPECT_NE(document.find("<style>\n" + StyleSheet() + "</style>"), std::string::npos);
  }
  EXPECT_EQ(ids, (std::multiset<std::string>{"first-desc", "first-title", "second-desc", "second-title"}));
}

TEST_P(EveryPlot, IsTheSameEachTimeAndInEveryLocale) {
  struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::string document = Draw(SomeText("plot"));
  const std::locale before = std::locale::global(std::locale(std::locale(), new Commas));
  const std::string again = Draw(SomeText("plot"));
  std::locale::global(before);
  EXPECT_EQ(document, again);
}

TEST_P(EveryPlot, StaysWithinItsFrame) {
  const SvgReading svg(Draw(SomeText("plot")));
  const Box frame = svg.view_box();
  for (const SvgElement& element : svg.elements()) {
    const bool is_drawn = std::set<std::string>{"text", "path", "line", "circle", "rect"}.contains(element.name);
    if (!is_drawn) continue;
    const Box box = BoundsOf(element);
    const std::string what = fmt::format("{} '{}' {}", element.name, element.text, element.Attribute("class"));
    EXPECT_GE(box.left, frame.left - 0.01) << what;
    EXPECT_GE(box.top, frame.top - 0.01) << what;
    EXPECT_LE(box.right, frame.right + 0.01) << what;
    EXPECT_LE(box.bottom, frame.bottom + 0.01) << what;
  }
}

TEST_P(EveryPlot, HasNoTextUponAnother) {
  const SvgReading svg(Draw(SomeText("plot")));
  std::vector<SvgElement> texts = svg.Named("text");
  // Turned ones have upright boxes that overlap although they do not.
  std::erase_if(texts, [](const SvgElement& text) { return !text.Attribute("transform").empty(); });
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Box a = BoundsOf(texts[i]);
    for (std::size_t j = 0; j < i; ++j) {
      const Box b = BoundsOf(texts[j]);
      const bool overlap = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      EXPECT_FALSE(overlap) << "'" << texts[i].text << "' and '" << texts[j].text << "'";
    }
  }
}

TEST_P(EveryPlot, LoadsAndRunsNothing) {
  const std::string hostile = "<script>alert(1)</script> & \"quoted\" 'too' \x01\x1b[31m \xff\xfe \xe2\x80\xae]]>";
  FigureText text = SomeText("plot");
  text.title = hostile;
  text.subtitle = hostile;
  text.caption = hostile;
  text.description = hostile;
  const std::string document = Draw(text);
  const SvgReading svg(document);
  EXPECT_TRUE(svg.Named("script").empty());
  EXPECT_EQ(document.find("href"), std::string::npos);
  EXPECT_EQ(document.find("url("), std::string::npos);
  EXPECT_EQ(document.find("@import"), std::string::npos);
  EXPECT_EQ(document.find("<script"), std::string::npos);
  for (const char c : document) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(svg.Named("desc").front().text,
            "<script>alert(1)</script> & \"quoted\" 'too' \uFFFD\uFFFD[31m \uFFFD\uFFFD \uFFFD]]>");
}

TEST_P(EveryPlot, RefusesToBeWithoutATitleOrWithAPrefixThatIsNone) {
  FigureText text = SomeText("plot");
  text.title.clear();
  EXPECT_THROW(Draw(text), std::invalid_argument);
  for (const std::string prefix : {"", "1st", "a b", "a\"b", "é"})
    EXPECT_THROW(Draw(SomeText(prefix)), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryPlot, testing::ValuesIn(AllSamplePlots()), [](const auto& info) {
  std::string name;
  for (const char c : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
});

}  // namespace
}  // namespace modlab::client::plots
