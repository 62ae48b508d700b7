#pragma once

#include <boost/align/aligned_allocator.hpp>
#include <vector>

namespace modlab {

/// Numbers that start at a cache line.
using AlignedDoubles = std::vector<double, boost::alignment::aligned_allocator<double, 64>>;
using AlignedFloats = std::vector<float, boost::alignment::aligned_allocator<float, 64>>;

}  // namespace modlab
