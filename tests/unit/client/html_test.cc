#include "client/report/html.h"

#include <gtest/gtest.h>

namespace modlab::client {
namespace {

TEST(Html, TextIsNeverMarkup) {
  EXPECT_EQ(HtmlText("<b> & \"x\" 'y'"), "&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;");
  EXPECT_EQ(HtmlText("two\nlines"), "two\nlines");
  EXPECT_EQ(HtmlText("Q = 0.5 ± 0.1 \xff\x1b[31m").find_first_of("\xff\x1b"), std::string::npos);
}

TEST(Html, APageEscapesWhatItIsGiven) {
  HtmlPage page("<title>");
  const std::string bad = "</td><script>alert(1)</script>";
  page.Heading(1, bad);
  page.Paragraph(bad);
  page.Table(bad, {{bad, "Q"}, {bad, bad}}, {false, true});
  page.Facts({{bad, bad}});
  page.Code(bad);
  page.BeginDetails(bad);
  page.EndDetails();
  const std::string text = page.Finish();
  EXPECT_EQ(text.find("<script"), std::string::npos);
  EXPECT_NE(text.find("<title>&lt;title&gt;</title>"), std::string::npos);
  EXPECT_NE(text.find("default-src 'none'"), std::string::npos) << "nothing may be fetched";
}

// What is inside a closed element `details` stays away from paper.
TEST(Html, WhatIsFoldedAwayIsFoldedOnScreensOnly) {
  HtmlPage page("title");
  page.BeginDetails("more");
  page.Paragraph("folded");
  page.EndDetails();
  const std::string text = page.Finish();
  EXPECT_NE(text.find("<details><summary>more</summary></details>\n<div class=\"more\">\n<p>folded</p>\n</div>"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("@media screen { details:not([open]) + .more { display: none; } }"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
