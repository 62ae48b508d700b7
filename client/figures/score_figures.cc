#include "client/figures/score_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "client/errors.h"
#include "client/names.h"
#include "client/output/partition_text.h"
#include "client/output/text.h"
#include "client/plots/block_matrix.h"
#include "client/plots/eigenvalues.h"
#include "client/plots/force_directed_network.h"
#include "client/plots/layered_network.h"
#include "client/plots/modularity_by_clusters.h"
#include "client/plots/modularity_by_resolution.h"
#include "client/plots/null_histogram.h"

namespace modlab::client {
namespace {

constexpr std::size_t kMostForceEdges = 4000;

plots::FigureText FigureTextOf(const std::string& title, const std::string& subtitle, const std::string& id_prefix) {
  plots::FigureText text;
  text.title = title;
  text.subtitle = subtitle;
  text.id_prefix = id_prefix;
  return text;
}

std::string TitleWithModularity(const v1::Partition& partition) {
  return fmt::format("{}, Q = {:.4f}", PartitionTitle(partition), TestedModularity(partition));
}

plots::NetworkPlot NetworkOf(const v1::ScoreResult& score, const NumberArray& edges, std::vector<int> labels,
                             std::size_t most_edges, plots::FigureText text) {
  plots::NetworkPlot plot;
  plot.text = std::move(text);
  for (const v1::Group& group : score.graph().groups()) {
    plot.groups.push_back({group.name(), group.operation(), group.units()});
  }
  plot.labels = std::move(labels);
  const std::size_t count = std::min(most_edges, edges.values.size() / 3);
  for (std::size_t i = 0; i < count; ++i) {
    plot.edges.push_back(
        {static_cast<int>(edges.values[3 * i]), static_cast<int>(edges.values[3 * i + 1]), edges.values[3 * i + 2]});
  }
  plot.total_edges = std::max<std::int64_t>(static_cast<std::int64_t>(score.graph().edges()),
                                            static_cast<std::int64_t>(plot.edges.size()));
  return plot;
}

std::string DrawMatrix(const v1::Partition& partition, const NumberArray& matrix, plots::FigureText text) {
  plots::BlockMatrixPlot plot;
  plot.text = std::move(text);
  plot.cells = static_cast<int>(matrix.shape.at(0));
  plot.weights = matrix.values;
  const double units = std::accumulate(partition.sizes().begin(), partition.sizes().end(), 0.0);
  double seen = 0;
  for (int cluster = 0; cluster < partition.sizes_size(); ++cluster) {
    seen += partition.sizes(cluster);
    plot.clusters.push_back(
        {cluster, fmt::format("c{}", cluster), partition.sizes(cluster), seen / units * plot.cells});
  }
  return plots::DrawBlockMatrix(plot);
}

std::string DrawEigenvaluesOf(const v1::Partition& partition, plots::FigureText text) {
  plots::EigenvaluesPlot plot;
  plot.text = std::move(text);
  plot.values.assign(partition.eigenvalues().begin(), partition.eigenvalues().end());
  if (partition.has_eigengap_clusters()) plot.gap_after = partition.eigengap_clusters();
  plot.clusters_used = partition.clusters();
  return plots::DrawEigenvalues(plot);
}

std::string DrawNulls(const std::string& measure, double observed, const v1::NullTest& test, plots::FigureText text) {
  plots::NullHistogramPlot plot;
  plot.text = std::move(text);
  plot.measure = measure;
  plot.nulls.assign(test.values().begin(), test.values().end());
  plot.observed = observed;
  if (test.has_z()) plot.z = test.z();
  plot.p = test.p();
  return plots::DrawNullHistogram(plot);
}

std::string DrawChoices(const v1::Partition& partition, plots::FigureText text) {
  plots::ModularityByClustersPlot plot;
  plot.text = std::move(text);
  for (const v1::ClusterChoice& choice : partition.choices()) {
    plot.clusters.push_back(choice.clusters());
    plot.modularity.push_back(choice.modularity());
    plot.ncut.push_back(choice.ncut());
  }
  plot.best = partition.clusters();
  return plots::DrawModularityByClusters(plot);
}

std::string DrawSweep(const v1::Partition& partition, plots::FigureText text) {
  plots::ModularityByResolutionPlot plot;
  plot.text = std::move(text);
  for (const v1::ResolutionStep& step : partition.sweep().steps()) {
    plot.resolutions.push_back(step.resolution());
    plot.modularity.push_back(step.modularity());
    plot.clusters.push_back(step.clusters());
  }
  for (const v1::Plateau& plateau : partition.sweep().plateaus()) {
    plot.plateaus.push_back({plateau.least_resolution(), plateau.most_resolution(), plateau.clusters()});
  }
  std::sort(plot.plateaus.begin(), plot.plateaus.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  return plots::DrawModularityByResolution(plot);
}

}  // namespace

int FindPartition(const v1::ScoreResult& score, const std::string& text) {
  if (text.empty()) {
    for (int i = 0; i < score.partitions_size(); ++i) {
      if (score.partitions(i).method() == v1::Partition::LEIDEN) return i;
    }
    return 0;
  }
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  for (int i = 0; i < score.partitions_size(); ++i) {
    if (is_number ? i == number : Lower(v1::Partition::Method_Name(score.partitions(i).method())) == text) return i;
  }
  throw UsageError(
      fmt::format("there is no partition '{}' among the job's {}; give a number from 0, spectral, leiden or "
                  "planted",
                  Printable(text), score.partitions_size()));
}

ScoreFigures::ScoreFigures(Session& session, v1::Job job, const std::string& title, std::size_t most_edges)
    : session_(session), job_(std::move(job)), title_(Printable(title)), most_edges_(most_edges) {}

std::vector<FigureKind> ScoreFigures::KindsOf(int partition) const {
  const v1::Partition& of = score().partitions(partition);
  std::vector<FigureKind> kinds;
  const bool has_labels = !of.labels().empty() || !of.labels_artifact().empty();
  if (!score().edges_artifact().empty() && has_labels) {
    kinds.push_back(FigureKind::kNetwork);
    kinds.push_back(FigureKind::kForce);
  }
  if (!of.matrix_artifact().empty()) kinds.push_back(FigureKind::kMatrix);
  if (!of.eigenvalues().empty()) kinds.push_back(FigureKind::kEigenvalues);
  if (!of.significance().modularity().values().empty()) kinds.push_back(FigureKind::kNulls);
  if (!of.significance().ncut().values().empty()) kinds.push_back(FigureKind::kNcutNulls);
  if (of.choices_size() > 1) kinds.push_back(FigureKind::kClusters);
  if (of.has_sweep()) kinds.push_back(FigureKind::kResolutions);
  return kinds;
}

const NumberArray& ScoreFigures::Edges() {
  if (!edges_) {
    edges_ = ParseNumbers(ReadArtifact(session_, job_.name(), score().edges_artifact()), score().edges_artifact());
    if (edges_->shape.size() != 2 || edges_->shape[1] != 3) {
      throw Failure(ExitCode::kRefused, score().edges_artifact() + " is no list of edges");
    }
  }
  return *edges_;
}

std::vector<int> ScoreFigures::LabelsOf(int partition) {
  const v1::Partition& of = score().partitions(partition);
  if (of.labels_artifact().empty()) return {of.labels().begin(), of.labels().end()};
  const NumberArray labels =
      ParseNumbers(ReadArtifact(session_, job_.name(), of.labels_artifact()), of.labels_artifact());
  return {labels.values.begin(), labels.values.end()};
}

std::string ScoreFigures::Draw(FigureKind kind, int partition, const std::string& id_prefix) {
  const std::vector<FigureKind> kinds = KindsOf(partition);
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    std::string names;
    for (const FigureKind known : kinds) names += (names.empty() ? "" : ", ") + NameOf(known);
    throw UsageError(fmt::format("{} has no picture `{}` of its partition {}; there are {}", job_.name(), NameOf(kind),
                                 partition, names.empty() ? "none" : names));
  }
  const v1::Partition& of = score().partitions(partition);
  const plots::FigureText text = FigureTextOf(TitleWithModularity(of), title_, id_prefix);
  try {
    switch (kind) {
      case FigureKind::kNetwork:
        return plots::DrawLayeredNetwork(NetworkOf(score(), Edges(), LabelsOf(partition), most_edges_, text));
      case FigureKind::kForce:
        return plots::DrawForceDirectedNetwork(
            NetworkOf(score(), Edges(), LabelsOf(partition), std::min(most_edges_, kMostForceEdges), text));
      case FigureKind::kMatrix: {
        const NumberArray matrix =
            ParseNumbers(ReadArtifact(session_, job_.name(), of.matrix_artifact()), of.matrix_artifact());
        if (matrix.shape.size() != 2 || matrix.shape[0] != matrix.shape[1]) {
          throw Failure(ExitCode::kRefused, of.matrix_artifact() + " is no square matrix");
        }
        return DrawMatrix(of, matrix, text);
      }
      case FigureKind::kEigenvalues:
        return DrawEigenvaluesOf(of, FigureTextOf("Eigenvalues of the normalised Laplacian", title_, id_prefix));
      case FigureKind::kNulls:
        return DrawNulls("Q", TestedModularity(of), of.significance().modularity(), text);
      case FigureKind::kNcutNulls:
        return DrawNulls("n-cut", of.ncut(), of.significance().ncut(), text);
      case FigureKind::kClusters:
        return DrawChoices(of, FigureTextOf("Modularity by the number of clusters", title_, id_prefix));
      case FigureKind::kResolutions:
        return DrawSweep(of, FigureTextOf("Modularity by resolution", title_, id_prefix));
      default:
        break;
    }
  } catch (const std::invalid_argument& error) {
    throw Failure(ExitCode::kRefused, fmt::format("{} cannot be drawn: {}", job_.name(), error.what()));
  }
  throw UsageError("no picture of a score");
}

}  // namespace modlab::client
