#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/plots/figure_text.h"
#include "client/plots/legend.h"
#include "client/plots/svg_writer.h"

namespace modlab::client::plots {

inline constexpr double kFigureWidth = 760;
inline constexpr double kFigureMargin = 24;

/// A whole document: heading, legend, a drawing, caption. The drawing begins at top(), which is known once subtitle and
/// legend are given, and ends where its maker says.
class Figure {
 public:
  /// Throws std::invalid_argument for a text without a title or with an id prefix that is none.
  explicit Figure(FigureText text);

  /// In front of what the subtitle says already. Before AddLegend() and top().
  void Subtitle(std::string_view text);
  /// Below the subtitle; several calls put one below the other.
  void AddLegend(std::vector<LegendEntry> entries);
  /// A sentence for the caption, in front of the text's own.
  void Remark(std::string_view sentence);

  /// Where the drawing may be, in px.
  double left() const { return kFigureMargin; }
  double right() const { return kFigureWidth - kFigureMargin; }
  double top() const;

  SvgWriter& drawing() { return drawing_; }

  /// The document. `bottom`: where the drawing ends; `description`: for readers who cannot see it, unless the text has
  /// its own.
  std::string Document(double bottom, std::string_view description) const;

 private:
  std::vector<std::string> TitleLines() const;
  std::vector<std::string> SubtitleLines() const;

  FigureText text_;
  std::vector<Legend> legends_;
  std::string remarks_;
  SvgWriter drawing_;
};

}  // namespace modlab::client::plots
