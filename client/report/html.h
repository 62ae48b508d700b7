#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modlab::client {

/// Text of any origin as it stands in HTML, in attributes too: control characters and what is not UTF-8 become `?`.
std::string HtmlText(std::string_view text);

/// A page of HTML, written from top to bottom. Text is escaped here; what is called `html` is taken as it is.
class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title) : title_(HtmlText(title)) {}

  void Heading(int level, std::string_view text);
  void Paragraph(std::string_view text);
  void Html(std::string_view html) { body_ += html; }
  /// A table; the first of the rows is its heading, and the first cell of each row what the row is about. `numeric`:
  /// which columns are set right.
  void Table(std::string_view caption, const std::vector<std::vector<std::string>>& rows,
             const std::vector<bool>& numeric);
  /// Names and what they stand for.
  void Facts(const std::vector<std::pair<std::string, std::string>>& facts);
  /// A picture, an SVG document that names itself. Of a style sheet that they all have the page keeps one.
  void Figure(std::string_view svg);
  /// Something to copy: a command line, or JSON.
  void Code(std::string_view text);
  /// What comes until EndDetails is shown on a screen once the reader asks for it, and on paper always.
  void BeginDetails(std::string_view summary);
  void EndDetails() { body_ += "</div>\n"; }

  /// The whole document: it needs nothing from elsewhere, and no scripts.
  std::string Finish() const;

 private:
  std::string title_;
  std::string body_;
  std::string figure_style_;
};

}  // namespace modlab::client
