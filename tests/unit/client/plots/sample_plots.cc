#include "tests/unit/client/plots/sample_plots.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <utility>

#include "client/plots/force_directed_network.h"
#include "client/plots/layered_network.h"

namespace modlab::client::plots {
namespace {

/// Values between 0 and 1 without an order that could be seen.
double Scattered(int i) { return std::fmod(std::abs(std::sin(i * 12.9898 + 1) * 43758.5453), 1.0); }

const FigureText kText = {"A title", "a subtitle", "A caption.", "", "plot"};

template <typename Plot, typename Draw>
SamplePlot Sample(std::string name, Plot plot, Draw draw) {
  return {std::move(name), [plot = std::move(plot), draw](const FigureText& text) mutable {
            plot.text = text;
            return draw(plot);
          }};
}

}  // namespace

NetworkPlot SampleNetwork(const std::vector<int>& layers, int clusters, int every) {
  NetworkPlot plot;
  plot.text = kText;
  int first = 0;
  int pairs = 0;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    plot.groups.push_back({fmt::format("layer{}", layer), layer == 0 ? "input" : "linear", layers[layer]});
    for (int unit = 0; unit < layers[layer]; ++unit) plot.labels.push_back(unit % clusters);
    const int next = layer + 1 < layers.size() ? layers[layer + 1] : 0;
    for (int source = 0; source < layers[layer]; ++source) {
      for (int target = 0; target < next; ++target) {
        if (pairs++ % every != 0) continue;
        plot.edges.push_back({first + source, first + layers[layer] + target, Scattered(pairs)});
      }
    }
    first += layers[layer];
  }
  plot.total_edges = pairs;
  return plot;
}

BlockMatrixPlot SampleMatrix(int cells, int clusters) {
  BlockMatrixPlot plot;
  plot.text = kText;
  plot.cells = cells;
  for (int row = 0; row < cells; ++row) {
    for (int column = 0; column < cells; ++column) {
      plot.weights.push_back((row + column) % 3 == 0 ? 0 : Scattered((row + 1) * (column + 1)));
    }
  }
  for (int i = 0; i < clusters; ++i) {
    plot.clusters.push_back({i, fmt::format("c{}", i), 7 * (i + 1), static_cast<double>(cells) * (i + 1) / clusters});
  }
  return plot;
}

EigenvaluesPlot SampleEigenvalues() {
  EigenvaluesPlot plot;
  plot.text = kText;
  plot.values = {0, 0.0938, 0.785, 0.8055, 0.8169, 0.8242, 0.8274, 0.8387, 0.8538};
  plot.clusters_used = 4;
  return plot;
}

NullHistogramPlot SampleNulls(int count, double observed) {
  NullHistogramPlot plot;
  plot.text = kText;
  for (int i = 0; i < count; ++i)
    plot.nulls.push_back(0.1 + 0.004 * (Scattered(i) + Scattered(3 * i) + Scattered(7 * i)));
  plot.observed = observed;
  plot.z = 4.8;
  plot.p = 0.0099;
  return plot;
}

TrainingSeriesPlot SampleTraining(int epochs, int switch_every) {
  TrainingSeriesPlot plot;
  plot.text = kText;
  TrainingPanel loss = {"loss", {"training", {}, {}}, Series{"evaluation", {}, {}}, true};
  TrainingPanel modularity = {"modularity Q", {"training", {}, {}}, {}, false};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    loss.series.x.push_back(epoch);
    loss.series.y.push_back(2 * std::exp(-6.0 * epoch / epochs) + 0.001 * Scattered(epoch));
    loss.second->x.push_back(epoch);
    loss.second->y.push_back(loss.series.y.back() * 1.4);
    if (epoch % 10 != 0) continue;
    modularity.series.x.push_back(epoch);
    modularity.series.y.push_back(0.1 + 0.3 * epoch / epochs);
  }
  plot.panels = {std::move(loss), std::move(modularity)};
  for (int i = 0; switch_every > 0 && i * switch_every < epochs; ++i) {
    plot.switches.push_back({static_cast<double>(i) * switch_every, i % 2 == 0 ? "left & right" : "left | right"});
  }
  return plot;
}

ModularityByClustersPlot SampleByClusters() {
  ModularityByClustersPlot plot;
  plot.text = kText;
  for (int k = 2; k <= 16; ++k) {
    plot.clusters.push_back(k);
    plot.modularity.push_back(0.3 - 0.004 * (k - 5) * (k - 5));
    plot.ncut.push_back(0.8 * k - 0.7);
  }
  return plot;
}

ModularityByResolutionPlot SampleByResolution() {
  ModularityByResolutionPlot plot;
  plot.text = kText;
  for (int i = 0; i < 30; ++i) {
    plot.resolutions.push_back(0.2 * std::pow(15, i / 29.0));
    plot.modularity.push_back(0.6 - 0.15 * plot.resolutions.back());
    plot.clusters.push_back(1 + i / 6);
  }
  plot.plateaus = {{0.2, 0.35, 1}, {0.36, 0.6, 2}, {2.2, 2.23, 4}};
  return plot;
}

GroupComparisonPlot SampleComparison(int groups, int measures, int values) {
  GroupComparisonPlot plot;
  plot.text = kText;
  for (int i = 0; i < measures; ++i) plot.measures.push_back(fmt::format("measure {}", i));
  for (int group = 0; group < groups; ++group) {
    ComparedGroup compared = {fmt::format("group {}", group), {}};
    for (int i = 0; i < measures; ++i) {
      MeasuredValues measured;
      measured.mean = 0.1 * group;
      if (values > 1) measured.interval = MeanInterval{measured.mean - 0.02, measured.mean + 0.02};
      for (int value = 0; value < values; ++value) {
        measured.values.push_back(measured.mean - 0.05 + 0.1 * Scattered(value + 100 * group));
      }
      compared.measures.push_back(std::move(measured));
    }
    plot.groups.push_back(std::move(compared));
  }
  return plot;
}

std::vector<SamplePlot> AllSamplePlots() {
  std::vector<SamplePlot> samples;
  const auto layered = [&](const std::string& name, NetworkPlot plot) {
    samples.push_back(Sample("layered " + name, std::move(plot), DrawLayeredNetwork));
  };
  layered("digits", SampleNetwork({64, 32, 10}, 8, 2));
  layered("one layer", SampleNetwork({12}, 3));
  layered("two units", SampleNetwork({2, 2}, 1));
  layered("twelve layers", SampleNetwork({3, 40, 40, 80, 80, 160, 160, 200, 200, 60, 2, 10}, 4, 200));
  layered("many layers", SampleNetwork(std::vector<int>(53, 20), 5, 40));
  layered("many units", SampleNetwork({3000, 20}, 16, 100));
  layered("more clusters than colours", SampleNetwork({200, 100}, 70, 30));
  NetworkPlot recurrent = SampleNetwork({4, 6, 6, 2}, 2);
  for (const auto& [source, target] : {std::pair(5, 5), {4, 9}, {10, 15}, {0, 13}, {3, 17}}) {
    recurrent.edges.push_back({source, target, 0.5});
  }
  recurrent.total_edges += 5;
  recurrent.labels[1] = -1;
  layered("recurrent", recurrent);
  NetworkPlot named = SampleNetwork({3, 4, 2, 5, 4, 3}, 2);
  for (NetworkGroup& group : named.groups) group.name = "features.denseblock1.denselayer2.conv1." + group.name;
  layered("long names", named);

  const auto cloud = [&](const std::string& name, NetworkPlot plot) {
    samples.push_back(Sample("force-directed " + name, std::move(plot), DrawForceDirectedNetwork));
  };
  cloud("digits", SampleNetwork({64, 32, 10}, 8, 4));
  cloud("two units", SampleNetwork({2, 2}, 1));
  cloud("recurrent", recurrent);

  samples.push_back(Sample("matrix", SampleMatrix(60, 4), DrawBlockMatrix));
  samples.push_back(Sample("matrix of one", SampleMatrix(1, 1), DrawBlockMatrix));
  samples.push_back(Sample("matrix of many clusters", SampleMatrix(400, 32), DrawBlockMatrix));
  BlockMatrixPlot logarithmic = SampleMatrix(40, 3);
  logarithmic.scale = BlockMatrixPlot::ColourScale::kLogarithmic;
  logarithmic.clusters[0].name = "a cluster with a name that is rather long";
  logarithmic.clusters[0].end = 1;
  logarithmic.clusters[1].end = 2;
  samples.push_back(Sample("matrix, logarithmic", logarithmic, DrawBlockMatrix));
  BlockMatrixPlot blank = SampleMatrix(8, 2);
  blank.weights.assign(64, 0);
  samples.push_back(Sample("matrix without weights", blank, DrawBlockMatrix));

  samples.push_back(Sample("eigenvalues", SampleEigenvalues(), DrawEigenvalues));
  EigenvaluesPlot one = SampleEigenvalues();
  one.values = {0};
  samples.push_back(Sample("one eigenvalue", one, DrawEigenvalues));
  EigenvaluesPlot late = SampleEigenvalues();
  late.values = {0, 0.01, 0.02, 0.03, 0.9};
  samples.push_back(Sample("late gap", late, DrawEigenvalues));

  samples.push_back(Sample("nulls", SampleNulls(100, 0.12), DrawNullHistogram));
  samples.push_back(Sample("nulls far away", SampleNulls(1000, 0.9), DrawNullHistogram));
  NullHistogramPlot equal = SampleNulls(20, 0.4);
  equal.nulls.assign(20, 0.25);
  samples.push_back(Sample("equal nulls", equal, DrawNullHistogram));
  NullHistogramPlot single = SampleNulls(1, 0.25);
  single.nulls = {0.25};
  samples.push_back(Sample("one null", single, DrawNullHistogram));

  samples.push_back(Sample("training", SampleTraining(400, 100), DrawTrainingSeries));
  samples.push_back(Sample("training, numbered goals", SampleTraining(400, 20), DrawTrainingSeries));
  samples.push_back(Sample("training, too many switches", SampleTraining(5000, 10), DrawTrainingSeries));
  samples.push_back(Sample("training of one epoch", SampleTraining(1, 0), DrawTrainingSeries));

  // The least and the largest numbers there may be.
  TrainingSeriesPlot extreme = SampleTraining(20, 0);
  extreme.panels[0].series.y[3] = 5e-324;
  extreme.panels[0].series.y[4] = 1e100;
  extreme.panels[1].series.y = {1e-310, 0};
  samples.push_back(Sample("training, extreme numbers", extreme, DrawTrainingSeries));
  NullHistogramPlot tiny = SampleNulls(3, 1e-310);
  tiny.nulls = {5e-324, 0, 1e-320};
  samples.push_back(Sample("nulls, extreme numbers", tiny, DrawNullHistogram));
  EigenvaluesPlot noise = SampleEigenvalues();
  noise.values = {-5e-324, 0, 1e-322};
  samples.push_back(Sample("eigenvalues, extreme numbers", noise, DrawEigenvalues));
  BlockMatrixPlot faint = SampleMatrix(4, 2);
  faint.weights.assign(16, 5e-324);
  faint.scale = BlockMatrixPlot::ColourScale::kLogarithmic;
  samples.push_back(Sample("matrix, extreme numbers", faint, DrawBlockMatrix));
  GroupComparisonPlot vast = SampleComparison(2, 2, 3);
  vast.groups[0].measures = {{{1e100, -1e100}, 0, MeanInterval{-1e100, 1e100}},
                             {{5e-324, 1e-300}, 5e-301, MeanInterval{-1e-300, 1e-300}}};
  samples.push_back(Sample("comparison, extreme numbers", vast, DrawGroupComparison));

  samples.push_back(Sample("by clusters", SampleByClusters(), DrawModularityByClusters));
  ModularityByClustersPlot alone = SampleByClusters();
  alone.clusters = {4};
  alone.modularity = {0.3};
  alone.ncut.clear();
  samples.push_back(Sample("by one number of clusters", alone, DrawModularityByClusters));
  samples.push_back(Sample("by resolution", SampleByResolution(), DrawModularityByResolution));
  ModularityByResolutionPlot flat = SampleByResolution();
  flat.resolutions = {1};
  flat.modularity = {0.3};
  flat.clusters = {3};
  flat.plateaus.clear();
  samples.push_back(Sample("by one resolution", flat, DrawModularityByResolution));

  samples.push_back(Sample("comparison", SampleComparison(4, 3, 12), DrawGroupComparison));
  samples.push_back(Sample("comparison of one", SampleComparison(1, 1, 1), DrawGroupComparison));
  GroupComparisonPlot wide = SampleComparison(10, 6, 40);
  for (ComparedGroup& group : wide.groups) group.name += " with a name that is far too long to stand on one line";
  wide.groups[3].measures[2] = {};
  samples.push_back(Sample("comparison by six", wide, DrawGroupComparison));
  return samples;
}

}  // namespace modlab::client::plots
