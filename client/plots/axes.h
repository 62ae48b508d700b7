#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/plots/svg_writer.h"
#include "client/plots/ticks.h"

namespace modlab::client::plots {

/// A rectangle of the drawing, in px, y downwards.
struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

/// Maps values to px.
class Scale {
 public:
  Scale() = default;
  /// `range.low` goes to `from`, `range.high` to `to`; a logarithmic one's `range.low` must be over 0.
  Scale(Range range, double from, double to, bool logarithmic = false);

  double operator()(double value) const;
  const Range& range() const { return range_; }
  bool logarithmic() const { return logarithmic_; }

 private:
  Range range_;
  double from_ = 0;
  double to_ = 1;
  bool logarithmic_ = false;
};

/// How much room the labels of a left axis need, their distance from the axis included, in px.
double LeftAxisWidth(const std::vector<Tick>& ticks);

/// Lines across the box at the ticks, their labels left of it, and the title over its top left corner, this much above.
void DrawLeftAxis(SvgWriter& svg, const Box& box, const Scale& y, const std::vector<Tick>& ticks,
                  std::string_view title, double title_above = 10);

/// The box's lower edge, ticks below it, and, where `with_labels`, their labels and the title below them: up to
/// kBottomAxisHeight.
void DrawBottomAxis(SvgWriter& svg, const Box& box, const Scale& x, const std::vector<Tick>& ticks,
                    std::string_view title, bool with_labels = true);
inline constexpr double kBottomAxisHeight = 42;

/// The ticks whose labels do not run into that of the one before, along an x axis; the others lose theirs.
std::vector<Tick> WithoutCollisions(std::vector<Tick> ticks, const Scale& x);

}  // namespace modlab::client::plots
