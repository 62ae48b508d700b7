#include "core/spectral/eigengap.h"

namespace modlab {

std::optional<Eigengap> LargestEigengap(const std::vector<double>& eigenvalues) {
  if (eigenvalues.size() < 3) return std::nullopt;
  Eigengap gap;
  double absolute = -1;
  double relative = -1;
  for (size_t below = 2; below < eigenvalues.size(); ++below) {
    const double width = eigenvalues[below] - eigenvalues[below - 1];
    const double share = eigenvalues[below] > 0 ? width / eigenvalues[below] : 0;
    if (width > absolute) {
      absolute = width;
      gap.absolute = static_cast<int>(below);
    }
    if (share > relative) {
      relative = share;
      gap.relative = static_cast<int>(below);
    }
  }
  return gap;
}

}  // namespace modlab
