#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/plots/axes.h"
#include "client/plots/svg_writer.h"

namespace modlab::client::plots {

/// A panel's y axis.
struct PanelAxis {
  std::string title;
  Range range;
  bool logarithmic = false;
  bool whole_numbers = false;  ///< only they have ticks
  double height = 160;         ///< px
  double above = 0;            ///< px kept free between the title and the panel
};

/// The x axis that all panels of a stack share.
struct SharedAxis {
  std::string title;
  Range range;
  bool logarithmic = false;
  bool whole_numbers = false;
};

/// Panels one above the other, as wide as each other, the x axis labelled under the last.
class PanelStack {
 public:
  /// Takes the room from `left` to `right`, from `top` on, titles and labels included.
  PanelStack(double left, double right, double top, SharedAxis x, std::vector<PanelAxis> panels);

  std::size_t size() const { return panels_.size(); }
  const Box& box(std::size_t panel) const { return boxes_[panel]; }
  const Scale& x() const { return x_scale_; }
  const Scale& y(std::size_t panel) const { return y_scales_[panel]; }
  /// Where the stack ends, in px.
  double bottom() const { return boxes_.back().bottom + kBottomAxisHeight; }

  void DrawAxes(SvgWriter& svg) const;

 private:
  SharedAxis x_axis_;
  std::vector<PanelAxis> panels_;
  std::vector<std::vector<Tick>> ticks_;
  std::vector<Box> boxes_;
  std::vector<Scale> y_scales_;
  Scale x_scale_;
};

}  // namespace modlab::client::plots
