#include "core/community/leiden.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "core/community/aggregated_level.h"
#include "core/community/level.h"
#include "core/community/level_search.h"
#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/graph/labelling.h"
#include "core/graph/weight_part.h"
#include "core/measure/measure.h"
#include "core/random.h"

namespace modlab {
namespace {

/// Goes through all levels once, from the clusters given. Never to a smaller modularity.
std::vector<int> Iterate(std::shared_ptr<const Level> units, const ExpectedWeights& expected_of_units,
                         std::vector<int> unit_labels, Random& random, const RunContext& context) {
  std::vector<int> node_of(unit_labels.size(), -1);  // of each unit, on the present level
  for (size_t unit = 0; unit < node_of.size(); ++unit) {
    if (unit_labels[unit] >= 0) node_of[unit] = static_cast<int>(unit);
  }
  Labelling labelling = InOrderOfAppearance(std::move(unit_labels));
  std::shared_ptr<const Level> level = std::move(units);
  std::unique_ptr<ExpectedWeights> owned_expected;
  const ExpectedWeights* expected = &expected_of_units;
  while (true) {
    LevelSearch search(*level, *expected, random, context);
    search.MoveNodes(labelling);
    Labelling parts = search.Refine(labelling);
    if (parts.clusters == level->nodes()) parts = labelling;  // nothing to join: clusters as they are become nodes
    if (parts.clusters == level->nodes()) break;
    Labelling of_parts = {.labels = std::vector<int>(parts.clusters, -1), .clusters = labelling.clusters};
    for (int node = 0; node < level->nodes(); ++node) {
      if (parts.labels[node] >= 0) of_parts.labels[parts.labels[node]] = labelling.labels[node];
    }
    for (int& node : node_of) {
      if (node >= 0) node = parts.labels[node];
    }
    level = Aggregate(std::move(level), parts.labels, parts.clusters, context);
    auto next_expected = std::make_unique<ExpectedWeights>(expected->Aggregated(parts.labels, parts.clusters));
    owned_expected = std::move(next_expected);
    expected = owned_expected.get();
    labelling = std::move(of_parts);
  }
  for (int& node : node_of) {
    if (node >= 0) node = labelling.labels[node];
  }
  return InOrderOfAppearance(std::move(node_of)).labels;
}

/// Where a restart begins: each unit on its own; every second time some random clusters, since there are optima that
/// joining single units does not lead to.
std::vector<int> FirstLabels(const std::vector<int>& components, int restart, Random& random) {
  constexpr int most_clusters = 16;
  const int clusters = 1 + random.Index(most_clusters);
  std::vector<int> labels(components.size(), -1);
  for (size_t unit = 0; unit < labels.size(); ++unit) {
    if (components[unit] >= 0) labels[unit] = restart % 2 == 0 ? static_cast<int>(unit) : random.Index(clusters);
  }
  return labels;
}

double ModularityOf(const UnitGraph& graph, const std::vector<int>& labels, const LeidenOptions& options,
                    RunContext& context) {
  const int clusters = 1 + *std::max_element(labels.begin(), labels.end());
  return Modularity(graph, labels, clusters, options.objective, options.resolution, context);
}

}  // namespace

LeidenClustering Leiden(const UnitGraph& graph, const LeidenOptions& options, RunContext& context) {
  if (options.restarts < 1 || options.max_iterations < 1) {
    throw Error(ErrorKind::kInvalidOption, "Leiden needs at least one restart and one iteration");
  }
  if (!(options.resolution > 0)) throw Error(ErrorKind::kInvalidOption, "the resolution must be over 0");
  context.Report("leiden", 0.0);
  const std::vector<int> components = ConnectedComponents(graph, context);
  if (std::all_of(components.begin(), components.end(), [](int component) { return component < 0; })) {
    throw Error(ErrorKind::kNoEdges, "the network has no weights other than zero, so its modularity is not defined.");
  }
  const ExpectedWeights expected(graph, options.objective, options.resolution, context);
  const bool is_signed = options.objective == Objective::kSigned;
  const UnitGraph with_signs = is_signed ? PartOf(graph, WeightPart::kSigned) : UnitGraph();
  const std::shared_ptr<const Level> units = CopySmall(MakeUnitLevel(is_signed ? with_signs : graph), context);

  std::vector<LeidenClustering> found(options.restarts);
  std::atomic<int> done{0};
  context.ParallelFor(options.restarts, [&](int restart) {
    Random random(options.seed, static_cast<uint64_t>(restart));
    RunContext own(&context);
    std::vector<int> labels = InOrderOfAppearance(FirstLabels(components, restart, random)).labels;
    for (int iteration = 0; iteration < options.max_iterations; ++iteration) {
      std::vector<int> better = Iterate(units, expected, labels, random, context);
      std::swap(labels, better);
      if (labels == better) break;
    }
    found[restart] = {.labels = labels, .clusters = 0, .modularity = ModularityOf(graph, labels, options, own)};
    context.Report("leiden", static_cast<double>(++done) / options.restarts);
  });
  const auto winner = std::max_element(found.begin(), found.end(),
                                       [](const auto& a, const auto& b) { return a.modularity < b.modularity; });
  winner->clusters = 1 + *std::max_element(winner->labels.begin(), winner->labels.end());
  return std::move(*winner);
}

}  // namespace modlab
