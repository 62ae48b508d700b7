#pragma once

#include <vector>

namespace modlab::client::plots {

/// Places for labels along a line: as near to where they belong as they can be with `gap` between any two, in the order
/// given, which must be that of `wanted`. Where there is no room for all, they keep their order and share what there
/// is.
std::vector<double> SpreadLabels(const std::vector<double>& wanted, double gap, double low, double high);

}  // namespace modlab::client::plots
