#include "client/report/html.h"

#include <fmt/format.h>

#include "client/output/text.h"
#include "client/plots/svg_writer.h"

namespace modlab::client {
namespace {

/// Plain reading at any width, in light and dark, and on paper.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #ffffff; --wash: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9da7b3; --line: #30363d; --paper: #0d1117; --wash: #161b22; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; color: var(--ink); background: var(--paper);
       font: 1rem/1.55 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem; padding-top: .6rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.6rem 0 .4rem; }
p { margin: .5rem 0; max-width: 46rem; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0 .4rem; }
th, td { padding: .28rem .7rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { font-weight: 600; }
tbody th { font-weight: 400; white-space: normal; min-width: 12rem; }
.n { text-align: right; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .8rem 0; font-size: .92rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1rem 0; border: 1px solid var(--line); border-radius: 6px; padding: .4rem; overflow-x: auto; }
figure svg { display: block; width: 100%; height: auto; max-width: 860px; margin: 0 auto; }
pre { background: var(--wash); border: 1px solid var(--line); border-radius: 6px; padding: .7rem; overflow-x: auto;
      font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .3rem 0; font-weight: 600; }
.answer { font-size: 1.05rem; border-left: 4px solid var(--line); padding-left: .9rem; }
@media (max-width: 32rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@media screen { details:not([open]) + .more { display: none; } }
@media print {
  body { max-width: none; padding: 0; }
  figure { break-inside: avoid; }
  .scroll, figure, pre { overflow: visible; }
  table { font-size: .7rem; }
  th, td { white-space: normal; padding: .2rem .4rem; }
  tbody th { min-width: 6rem; }
  summary { list-style: none; }
}
)";

}  // namespace

std::string HtmlText(std::string_view text) {
  std::string escaped;
  std::string line;
  const auto flush = [&] {
    escaped += plots::EscapedXml(Printable(line));
    line.clear();
  };
  for (const char c : text) {
    if (c != '\n') {
      line += c;
      continue;
    }
    flush();
    escaped += '\n';
  }
  flush();
  return escaped;
}

void HtmlPage::Heading(int level, std::string_view text) {
  body_ += fmt::format("<h{0}>{1}</h{0}>\n", level, HtmlText(text));
}

void HtmlPage::Paragraph(std::string_view text) { body_ += fmt::format("<p>{}</p>\n", HtmlText(text)); }

void HtmlPage::Table(std::string_view caption, const std::vector<std::vector<std::string>>& rows,
                     const std::vector<bool>& numeric) {
  if (rows.size() < 2) return;
  // A region that can be scrolled is to be reached by the keyboard, too.
  body_ += fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table><caption>{0}</caption>\n",
      HtmlText(caption));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    body_ += row == 0 ? "<thead><tr>" : row == 1 ? "<tbody><tr>" : "<tr>";
    for (std::size_t column = 0; column < rows[row].size(); ++column) {
      const std::string_view align = column < numeric.size() && numeric[column] ? " class=\"n\"" : "";
      const bool is_heading = row == 0 || column == 0;
      const std::string_view scope = !is_heading ? "" : row == 0 ? " scope=\"col\"" : " scope=\"row\"";
      body_ += fmt::format("<{0}{1}{2}>{3}</{0}>", is_heading ? "th" : "td", scope, align, HtmlText(rows[row][column]));
    }
    body_ += row == 0 ? "</tr></thead>\n" : "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void HtmlPage::Facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  body_ += "<dl>\n";
  for (const auto& [name, value] : facts) {
    if (!value.empty()) body_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", HtmlText(name), HtmlText(value));
  }
  body_ += "</dl>\n";
}

void HtmlPage::Figure(std::string_view svg) {
  constexpr std::string_view end_of_style = "</style>";
  const std::size_t start = svg.find("<svg");  // without the document's own head
  std::string drawn(start == std::string_view::npos ? svg : svg.substr(start));
  const std::size_t style = drawn.find("<style");
  const std::size_t end = drawn.find(end_of_style);
  if (style != std::string::npos && end != std::string::npos && end > style) {
    const std::string sheet = drawn.substr(style, end + end_of_style.size() - style);
    if (sheet == figure_style_) drawn.erase(style, sheet.size());
    if (figure_style_.empty()) figure_style_ = sheet;
  }
  body_ += fmt::format("<figure>{}</figure>\n", drawn);
}

void HtmlPage::Code(std::string_view text) { body_ += fmt::format("<pre tabindex=\"0\">{}</pre>\n", HtmlText(text)); }

// What is inside an element `details` that is closed is not printed, and no style sheet can change that in every
// browser. So it stands behind it.
void HtmlPage::BeginDetails(std::string_view summary) {
  body_ += fmt::format("<details><summary>{}</summary></details>\n<div class=\"more\">\n", HtmlText(summary));
}

std::string HtmlPage::Finish() const {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
      title_, kStyle, body_);
}

}  // namespace modlab::client
