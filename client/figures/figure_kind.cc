#include "client/figures/figure_kind.h"

namespace modlab::client {

std::string NameOf(FigureKind kind) {
  switch (kind) {
    case FigureKind::kNetwork:
      return "network";
    case FigureKind::kForce:
      return "force";
    case FigureKind::kMatrix:
      return "matrix";
    case FigureKind::kEigenvalues:
      return "eigenvalues";
    case FigureKind::kNulls:
      return "nulls";
    case FigureKind::kNcutNulls:
      return "ncut-nulls";
    case FigureKind::kClusters:
      return "clusters";
    case FigureKind::kResolutions:
      return "resolutions";
    case FigureKind::kTraining:
      return "training";
    case FigureKind::kComparison:
      return "comparison";
  }
  return "";
}

std::vector<FigureKind> AllFigureKinds() {
  using enum FigureKind;
  return {kNetwork, kForce, kMatrix, kEigenvalues, kNulls, kNcutNulls, kClusters, kResolutions, kTraining, kComparison};
}

}  // namespace modlab::client
