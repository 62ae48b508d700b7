#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/plots/block_matrix.h"
#include "client/plots/eigenvalues.h"
#include "client/plots/figure_text.h"
#include "client/plots/group_comparison.h"
#include "client/plots/modularity_by_clusters.h"
#include "client/plots/modularity_by_resolution.h"
#include "client/plots/network.h"
#include "client/plots/null_histogram.h"
#include "client/plots/training_series.h"

namespace modlab::client::plots {

/// Layers of these sizes, unit i in cluster i mod `clusters`, an edge for every `every`th pair of units in successive
/// layers, weights from a fixed sequence.
NetworkPlot SampleNetwork(const std::vector<int>& layers, int clusters, int every = 1);
/// Clusters of equal size; weights in a checkered pattern.
BlockMatrixPlot SampleMatrix(int cells, int clusters);
EigenvaluesPlot SampleEigenvalues();
NullHistogramPlot SampleNulls(int count, double observed);
/// Loss with an evaluation, and Q every ten epochs; a switch of two goals every `switch_every` epochs.
TrainingSeriesPlot SampleTraining(int epochs, int switch_every);
ModularityByClustersPlot SampleByClusters();
ModularityByResolutionPlot SampleByResolution();
GroupComparisonPlot SampleComparison(int groups, int measures, int values);

/// A plot that can be drawn with any words.
struct SamplePlot {
  std::string name;
  std::function<std::string(const FigureText&)> draw;
};

/// Every kind, with usual and with extreme data.
std::vector<SamplePlot> AllSamplePlots();

}  // namespace modlab::client::plots
