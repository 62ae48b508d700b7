#pragma once

#include <string>
#include <vector>

namespace modlab::client {

/// What can be drawn.
enum class FigureKind {
  kNetwork,      ///< Layer by layer, units coloured by cluster.
  kForce,        ///< The same network as a cloud.
  kMatrix,       ///< The adjacency matrix, ordered by cluster.
  kEigenvalues,  ///< Of the normalised Laplacian.
  kNulls,        ///< Modularity among null models.
  kNcutNulls,    ///< n-cut among null models.
  kClusters,     ///< Q by the number of clusters.
  kResolutions,  ///< Q by resolution.
  kTraining,     ///< Loss, accuracy and Q over the epochs.
  kComparison,   ///< Groups of networks side by side.
};

/// `network`, `force`, ...
std::string NameOf(FigureKind kind);
std::vector<FigureKind> AllFigureKinds();

}  // namespace modlab::client
