#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/plots/figure_text.h"

namespace modlab::client::plots {

/// A cluster's rows and columns of the matrix.
struct MatrixCluster {
  int label = 0;     ///< its colour; −1: in no cluster
  std::string name;  ///< `c0`
  std::int64_t units = 0;
  /// Where its cells end and the next one's begin, counted in cells from the first; the last one's is the matrix's
  /// side.
  double end = 0;
};

struct BlockMatrixPlot {
  enum class ColourScale { kSquareRoot, kLogarithmic };

  /// As many as a score keeps (PlotDataSpec.cells); each is at least one pixel wide.
  static constexpr int kMostCells = 400;

  FigureText text;
  /// The matrix's side, 1 to kMostCells.
  int cells = 0;
  /// Row by row, `cells` squared: the mean weight of what a cell stands for, at least 0, symmetric. 0 stays empty.
  std::vector<double> weights;
  /// In the order of the rows; at least one.
  std::vector<MatrixCluster> clusters;
  ColourScale scale = ColourScale::kSquareRoot;
  /// What a cell's value is, at the colour bar.
  std::string weight_name = "mean weight";
};

/// The adjacency ordered by cluster, as an SVG document: a square of cells coloured by weight, the clusters' edges as
/// lines, their names and sizes along both sides, and a colour bar. A logarithmic scale covers at most four decades
/// below the largest weight. Throws std::invalid_argument that names what is wrong.
std::string DrawBlockMatrix(const BlockMatrixPlot& plot);

}  // namespace modlab::client::plots
