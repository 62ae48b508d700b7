#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/plots/svg_writer.h"

namespace modlab::client::plots {

enum class Mark {
  kDot,
  kHollowDot,
  kHollowSquare,
  kHollowTriangle,
  kSquare,
  kTriangle,
  kBlock,  ///< a filled rectangle, as wide as high in a legend
  kLine,
  kDashedLine,
  kInterval,  ///< a dot with an error bar through it
  kNone,      ///< text alone
};

struct LegendEntry {
  Mark mark = Mark::kDot;
  /// The class that sets the mark's colour, and others.
  std::string classes;
  std::string text;
};

/// A mark about a point: one of those up to kTriangle, all of about the same area as a dot of this radius.
void DrawMark(SvgWriter& svg, Mark mark, double x, double y, double radius, std::string_view classes,
              std::string_view tooltip = {});

/// Entries from left to right in as many rows as they need, the first row's middle at `top` + kRow / 2. Texts that
/// are wider than the whole row are cut.
class Legend {
 public:
  static constexpr double kRow = 18;

  Legend(std::vector<LegendEntry> entries, double width);

  double height() const { return rows_ * kRow; }
  void Draw(SvgWriter& svg, double left, double top) const;

 private:
  struct Placed {
    LegendEntry entry;
    double x = 0;
    int row = 0;
  };

  std::vector<Placed> placed_;
  int rows_ = 0;
};

}  // namespace modlab::client::plots
