#pragma once

#include <optional>
#include <vector>

namespace modlab {

/// How many eigenvalues lie below the largest gap between two neighbours: as many clusters it suggests.
struct Eigengap {
  int absolute = 0;  ///< Largest lambda_{k+1} - lambda_k.
  int relative = 0;  ///< Largest (lambda_{k+1} - lambda_k) / lambda_{k+1}.
};

/// Of eigenvalues of L, ascending. The first gap is left out, since it would suggest one cluster; absent for fewer than
/// three eigenvalues. The first of equal gaps.
std::optional<Eigengap> LargestEigengap(const std::vector<double>& eigenvalues);

}  // namespace modlab
