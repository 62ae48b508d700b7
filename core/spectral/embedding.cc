#include "core/spectral/embedding.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/spectral/eigenpairs.h"
#include "core/spectral/normalized_adjacency.h"

namespace modlab {
namespace {

/// Eigenvectors of L for its eigenvalue 0, at most `count`: D^1/2 1_C / sqrt(volume of C) for a connected component C,
/// the components of largest volume first.
struct ComponentVectors {
  Eigen::MatrixXd vectors;
  int components = 0;  ///< All of them.
};

ComponentVectors FindComponentVectors(const AffinityOperator& affinity, const NormalizedAdjacency& adjacency,
                                      int count) {
  const std::vector<int> components = affinity.Components();
  std::vector<double> volumes;
  for (int row = 0; row < adjacency.size(); ++row) {
    const size_t component = components[adjacency.units()[row]];
    if (component >= volumes.size()) volumes.resize(component + 1, 0.0);
    volumes[component] += adjacency.degrees()[row];
  }
  const int total = static_cast<int>(volumes.size());
  std::vector<int> by_volume(total);
  for (int component = 0; component < total; ++component) by_volume[component] = component;
  std::ranges::stable_sort(by_volume, [&](int a, int b) { return volumes[a] > volumes[b]; });
  std::vector<int> column_of(total);
  for (int column = 0; column < total; ++column) column_of[by_volume[column]] = column;

  Eigen::MatrixXd vectors = Eigen::MatrixXd::Zero(adjacency.size(), std::min(total, count));
  for (int row = 0; row < adjacency.size(); ++row) {
    const int component = components[adjacency.units()[row]];
    const int column = column_of[component];
    if (column < count) vectors(row, column) = std::sqrt(adjacency.degrees()[row] / volumes[component]);
  }
  return {std::move(vectors), total};
}

void MakeLargestEntriesPositive(Eigen::MatrixXd& vectors) {
  for (auto vector : vectors.colwise()) {
    Eigen::Index largest = 0;
    vector.cwiseAbs().maxCoeff(&largest);
    if (vector[largest] < 0) vector = -vector;
  }
}

}  // namespace

Embedding Embed(const AffinityOperator& affinity, int dimensions, RunContext& context) {
  context.Report("embed");
  const NormalizedAdjacency adjacency(affinity);
  const int size = adjacency.size();
  if (size == 0) throw Error(ErrorKind::kNoEdges, "the network has no weights other than zero, so there is no graph.");
  if (dimensions < 1 || dimensions > size) {
    throw Error(ErrorKind::kClustersOutOfRange,
                "the number of dimensions must be 1 to the number of units with edges, " + std::to_string(size) +
                    "; it is " + std::to_string(dimensions) + ".");
  }

  const int count = std::min(dimensions + 1, size);
  const auto [zero_vectors, components] = FindComponentVectors(affinity, adjacency, count);
  const int zeros = static_cast<int>(zero_vectors.cols());
  const Eigenpairs others = LargestEigenpairs(adjacency, zero_vectors, count - zeros, context);

  Embedding embedding;
  embedding.units = adjacency.units();
  embedding.components = components;
  embedding.eigenvalues.assign(zeros, 0.0);
  for (const double value : others.values) embedding.eigenvalues.push_back(std::max(0.0, 1 - value));
  embedding.vectors.resize(size, count);
  embedding.vectors << zero_vectors, others.vectors;
  embedding.vectors.conservativeResize(Eigen::NoChange, dimensions);
  MakeLargestEntriesPositive(embedding.vectors);
  embedding.coordinates = adjacency.scale().asDiagonal() * embedding.vectors;

  const Eigen::Map<const Eigen::VectorXd> eigenvalues(embedding.eigenvalues.data(), dimensions);
  const Eigen::MatrixXd residuals =
      embedding.vectors - adjacency.Apply(embedding.vectors) - embedding.vectors * eigenvalues.asDiagonal();
  embedding.residual = residuals.colwise().norm().maxCoeff();
  return embedding;
}

}  // namespace modlab
