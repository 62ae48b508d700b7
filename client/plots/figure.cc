#include "client/plots/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "client/plots/refusal.h"
#include "client/plots/style_sheet.h"

namespace modlab::client::plots {
namespace {

constexpr double kTitleLine = 21;
constexpr double kSubtitleLine = 17;
constexpr double kCaptionLine = 16;
constexpr double kTextWidth = kFigureWidth - 2 * kFigureMargin;

bool IsIdPrefix(std::string_view prefix) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto may_follow = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !prefix.empty() && is_letter(prefix.front()) && std::all_of(prefix.begin(), prefix.end(), may_follow);
}

void AppendSentence(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += ' ';
  text += more;
}

double DrawLines(SvgWriter& svg, const std::vector<std::string>& lines, TextStyle style, double y, double line) {
  for (const std::string& text : lines) {
    svg.Text({kFigureMargin, y + line * 0.72}, style, text);
    y += line;
  }
  return y;
}

}  // namespace

Figure::Figure(FigureText text) : text_(std::move(text)) {
  Require(!text_.title.empty(), "the plot has no title");
  Require(IsIdPrefix(text_.id_prefix), "the id prefix must be a letter, then letters, digits, '-' or '_'");
}

void Figure::Subtitle(std::string_view text) {
  text_.subtitle = std::string(text) + (text_.subtitle.empty() || text.empty() ? "" : " · ") + text_.subtitle;
}

void Figure::AddLegend(std::vector<LegendEntry> entries) {
  if (!entries.empty()) legends_.emplace_back(std::move(entries), kTextWidth);
}

void Figure::Remark(std::string_view sentence) { AppendSentence(remarks_, sentence); }

std::vector<std::string> Figure::TitleLines() const {
  return WrappedText(text_.title, TextStyle::kTitle, kTextWidth, 3);
}

std::vector<std::string> Figure::SubtitleLines() const {
  return WrappedText(text_.subtitle, TextStyle::kSubtitle, kTextWidth, 4);
}

double Figure::top() const {
  double y = kFigureMargin - 4;
  y += kTitleLine * static_cast<double>(TitleLines().size());
  y += kSubtitleLine * static_cast<double>(SubtitleLines().size());
  if (!legends_.empty()) y += 6;
  for (const Legend& legend : legends_) y += legend.height();
  return y + 10;
}

std::string Figure::Document(double bottom, std::string_view description) const {
  std::string caption = remarks_;
  AppendSentence(caption, text_.caption);
  const std::vector<std::string> caption_lines = WrappedText(caption, TextStyle::kCaption, kTextWidth);
  const double caption_top = bottom + (caption_lines.empty() ? 0 : 14);
  const double height = caption_top + kCaptionLine * static_cast<double>(caption_lines.size()) + kFigureMargin - 6;

  const std::string title_id = text_.id_prefix + "-title";
  const std::string description_id = text_.id_prefix + "-desc";
  const std::string view_box = fmt::format("0 0 {} {}", Coordinate(kFigureWidth), Coordinate(height));
  SvgWriter svg;
  svg.Open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                   {"class", "ml-figure"},
                   {"width", kFigureWidth},
                   {"height", height},
                   {"viewBox", std::string_view(view_box)},
                   {"role", "img"},
                   {"aria-labelledby", std::string_view(title_id)},
                   {"aria-describedby", std::string_view(description_id)}});
  svg.Described("title", title_id, text_.title);
  svg.Described("desc", description_id, text_.description.empty() ? description : text_.description);
  svg.Raw("<style>\n" + StyleSheet() + "</style>\n");
  svg.Rectangle(0, 0, kFigureWidth, height, "ml-background");
  double y = DrawLines(svg, TitleLines(), TextStyle::kTitle, kFigureMargin - 4, kTitleLine);
  y = DrawLines(svg, SubtitleLines(), TextStyle::kSubtitle, y, kSubtitleLine) + 6;
  for (const Legend& legend : legends_) {
    legend.Draw(svg, kFigureMargin, y);
    y += legend.height();
  }
  svg.Raw(drawing_.svg());
  DrawLines(svg, caption_lines, TextStyle::kCaption, caption_top, kCaptionLine);
  svg.Close("svg");
  return svg.svg();
}

}  // namespace modlab::client::plots
