#include "client/plots/panel_stack.h"

#include <algorithm>
#include <utility>

#include "client/plots/ticks.h"

namespace modlab::client::plots {
namespace {

constexpr double kTitleRoom = 26;
constexpr double kPanelGap = 16;
constexpr double kTickRoom = 38;  // px that a labelled tick of a y axis should have
constexpr double kTickRoomOfLow = 26;
constexpr double kLowPanel = 170;
constexpr double kXTickRoom = 64;

std::vector<Tick> TicksFor(Range range, bool logarithmic, bool whole_numbers, double room) {
  const int most = std::max(2, static_cast<int>(room));
  if (logarithmic) return LogarithmicTicks(range, most);
  return whole_numbers ? IntegerTicks(range, most) : LinearTicks(range, most);
}

}  // namespace

PanelStack::PanelStack(double left, double right, double top, SharedAxis x, std::vector<PanelAxis> panels)
    : x_axis_(std::move(x)), panels_(std::move(panels)) {
  double label_width = 0;
  for (const PanelAxis& panel : panels_) {
    const double room = panel.height < kLowPanel ? kTickRoomOfLow : kTickRoom;
    ticks_.push_back(TicksFor(panel.range, panel.logarithmic, panel.whole_numbers, panel.height / room + 1));
    label_width = std::max(label_width, LeftAxisWidth(ticks_.back()));
  }
  double y = top;
  for (const PanelAxis& panel : panels_) {
    y += kTitleRoom + panel.above;
    boxes_.push_back({left + label_width, y, right, y + panel.height});
    y_scales_.emplace_back(panel.range, y + panel.height, y, panel.logarithmic);
    y += panel.height + kPanelGap;
  }
  x_scale_ = Scale(x_axis_.range, left + label_width, right, x_axis_.logarithmic);
}

void PanelStack::DrawAxes(SvgWriter& svg) const {
  const std::vector<Tick> x_ticks =
      TicksFor(x_axis_.range, x_axis_.logarithmic, x_axis_.whole_numbers, boxes_.front().width() / kXTickRoom);
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    DrawLeftAxis(svg, boxes_[i], y_scales_[i], ticks_[i], panels_[i].title, 10 + panels_[i].above);
    DrawBottomAxis(svg, boxes_[i], x_scale_, x_ticks, x_axis_.title, i + 1 == panels_.size());
  }
}

}  // namespace modlab::client::plots
