#pragma once

#include <string>
#include <vector>

namespace modlab::client::plots {

/// A place on an axis; without a label it is a minor one.
struct Tick {
  double value = 0;
  std::string label;
};

/// Sizes below this are drawn as 0, and have no logarithm: steps of them could not be counted.
inline constexpr double kLeastDrawn = 1e-200;

struct Range {
  double low = 0;
  double high = 1;
};

/// The smallest range that holds `values`, NaN-free and not empty, made wider where it has no width.
Range RangeOf(const std::vector<double>& values);
/// Grown by a share of its width on each side.
Range Padded(Range range, double share);
/// Multiplied, for a logarithmic axis, so that its ends are off the frame. `range.low` must be over 0.
Range PaddedByFactor(Range range, double share);
/// Grown to whole steps of the ticks that LinearTicks would choose.
Range ToWholeSteps(Range range, int most);

/// At most `most` (at least 2) values at a step of 1, 2 or 5 times a power of ten, all with the same decimals.
std::vector<Tick> LinearTicks(Range range, int most);
/// The same at whole numbers only.
std::vector<Tick> IntegerTicks(Range range, int most);
/// Powers of ten, every so many where there are more than `most`; 1, 2 and 5 times them where there are few; what is
/// between is minor. `range.low` must be over 0. Less than half a decade gets LinearTicks.
std::vector<Tick> LogarithmicTicks(Range range, int most);

}  // namespace modlab::client::plots
