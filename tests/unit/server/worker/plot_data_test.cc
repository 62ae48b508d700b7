#include "server/worker/plot_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>
#include <system_error>

#include "core/error.h"
#include "core/graph/edges.h"
#include "core/random.h"
#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

/// Source, target, weight.
using EdgeRows = std::vector<std::vector<double>>;

struct StoredArray {
  std::vector<int> shape;
  std::vector<double> values;
};

/// Of a file in NumPy's format, whose header is one line: `{..., 'shape': (2, 3), }`.
template <typename Element>
StoredArray ReadArray(const std::filesystem::path& path) {
  const std::string bytes = ReadText(path);
  StoredArray array;
  std::istringstream shape(bytes.substr(bytes.find('(') + 1));
  char comma = 0;
  for (int size = 0; shape >> size; shape >> comma) array.shape.push_back(size);
  for (size_t at = bytes.find('\n') + 1; at + sizeof(Element) <= bytes.size(); at += sizeof(Element)) {
    Element element{};
    std::memcpy(&element, bytes.data() + at, sizeof(Element));
    array.values.push_back(element);
  }
  return array;
}

class PlotData : public testing::Test {
 protected:
  PlotData() { std::filesystem::create_directory(attempt_.directory().artifacts()); }

  void Store(const UnitGraph& graph, int edges, int cells, const std::vector<std::vector<int>>& partitions = {}) {
    v1::PlotDataSpec spec;
    spec.set_edges(edges);
    spec.set_cells(cells);
    std::vector<FoundPartition> found;
    for (const std::vector<int>& labels : partitions) {
      found.emplace_back().labelling = InOrderOfAppearance(labels);
      result_.add_partitions();
    }
    StorePlotData(graph, found, spec, attempt_.directory(), context_, result_, artifacts_);
  }
  std::filesystem::path PathOf(const std::string& artifact) const {
    return attempt_.directory().artifacts() / artifact;
  }
  EdgeRows StoredEdges() const {
    const StoredArray array = ReadArray<double>(PathOf("edges.npy"));
    EdgeRows rows;
    for (size_t i = 0; i + 2 < array.values.size(); i += 3) {
      rows.push_back({array.values[i], array.values[i + 1], array.values[i + 2]});
    }
    EXPECT_EQ(array.shape, (std::vector<int>{static_cast<int>(rows.size()), 3}));
    return rows;
  }
  std::vector<std::string> Artifacts() const { return {artifacts_.begin(), artifacts_.end()}; }

  const TemporaryAttempt attempt_;
  RunContext context_;
  v1::ScoreResult result_;
  google::protobuf::RepeatedPtrField<std::string> artifacts_;
};

/// Two inputs and two outputs.
UnitGraph TwoLayers(std::vector<double> weights) {
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 2});
  graph.AddGroup({.name = "out", .operation = "linear", .units = 2});
  graph.AddBlock(OwnedBlock(0, 1, 2, 2, std::move(weights)));
  return graph;
}

TEST_F(PlotData, KeepsTheHeaviestEdgesTheHeaviestFirst) {
  Store(TwoLayers({.5, -3, 2, -1}), 3, 0);
  EXPECT_EQ(StoredEdges(), (EdgeRows{{1, 2, 3}, {0, 3, 2}, {1, 3, 1}}));
  EXPECT_EQ(result_.edges_artifact(), "edges.npy");
  EXPECT_EQ(Artifacts(), std::vector<std::string>{"edges.npy"});
}

TEST_F(PlotData, KeepsAllEdgesWhereThereAreFewer) {
  Store(TwoLayers({0, 1, 0, 4}), 100, 0);
  EXPECT_EQ(StoredEdges(), (EdgeRows{{1, 3, 4}, {1, 2, 1}}));
}

TEST_F(PlotData, ANetworkWithoutEdgesHasAListOfNone) {
  Store(TwoLayers({0, 0, 0, 0}), 100, 0);
  EXPECT_TRUE(StoredEdges().empty());
}

TEST_F(PlotData, OfEquallyHeavyEdgesKeepsThoseThatAreVisitedFirst) {
  Random random(1);
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 20});
  graph.AddGroup({.name = "hidden", .operation = "linear", .units = 30});
  graph.AddGroup({.name = "out", .operation = "linear", .units = 10});
  for (const int layer : {0, 1}) {
    const int sources = graph.groups()[layer].units;
    const int targets = graph.groups()[layer + 1].units;
    std::vector<double> weights(static_cast<size_t>(sources) * targets);
    for (double& weight : weights) weight = random.Index(4);
    graph.AddBlock(OwnedBlock(layer, layer + 1, sources, targets, std::move(weights)));
  }
  EdgeRows all;
  ForEachEdge(graph, context_, [&](const Edge& edge) {
    all.push_back({static_cast<double>(edge.source), static_cast<double>(edge.target), edge.weight});
  });
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a[2] > b[2]; });
  for (const size_t count : {size_t{1}, size_t{50}, size_t{400}, all.size()}) {
    Store(graph, static_cast<int>(count), 0);
    EXPECT_EQ(StoredEdges(), EdgeRows(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count))) << count;
  }
}

TEST_F(PlotData, HasAMatrixForEachPartition) {
  Store(TwoLayers({1, 3, 2, 4}), 0, 2, {{0, 1, 1, 0}, {0, 0, 1, -1}});
  EXPECT_EQ(Artifacts(), (std::vector<std::string>{"matrix-0.npy", "matrix-1.npy"}));
  EXPECT_EQ(result_.partitions(0).matrix_artifact(), "matrix-0.npy");
  EXPECT_EQ(result_.partitions(1).matrix_artifact(), "matrix-1.npy");
  const StoredArray first = ReadArray<float>(PathOf("matrix-0.npy"));
  EXPECT_EQ(first.shape, (std::vector<int>{2, 2}));
  EXPECT_EQ(first.values, (std::vector<double>{1, 1.25, 1.25, 1.5}));  // units 0 and 3 before 1 and 2
  // Units 0 and 1 before 2; 3 has no cluster.
  EXPECT_EQ(ReadArray<float>(PathOf("matrix-1.npy")).values, (std::vector<double>{0, 2, 2, 0}));
}

TEST_F(PlotData, WhatIsNotAskedForIsNotStored) {
  Store(TwoLayers({1, 2, 3, 4}), 0, 0, {{0, 0, 0, 0}});
  EXPECT_TRUE(result_.edges_artifact().empty());
  EXPECT_TRUE(result_.partitions(0).matrix_artifact().empty());
  EXPECT_TRUE(artifacts_.empty());
  EXPECT_TRUE(std::filesystem::is_empty(attempt_.directory().artifacts()));
}

// 50,000 units and more have their labels in a file of their own; what is drawn stays as small as for any other.
TEST_F(PlotData, ANetworkOfManyUnitsHasAsSmallAMatrixAndTheUnitsOwnNumbers) {
  constexpr int inputs = 50'000;
  constexpr int outputs = 4;
  constexpr int part = (inputs + outputs) / 4;  // without a remainder
  std::vector<double> weights(size_t{inputs} * outputs, part / 4.);
  weights.back() *= 2;
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = inputs});
  graph.AddGroup({.name = "out", .operation = "linear", .units = outputs});
  graph.AddBlock(OwnedBlock(0, 1, inputs, outputs, std::move(weights)));
  std::vector<int> labels(inputs + outputs, 0);
  std::fill(labels.end() - outputs, labels.end(), 1);
  Store(graph, 1, 4, {labels});
  EXPECT_EQ(StoredEdges(), (EdgeRows{{49'999, 50'003, part / 2.}}));
  // Each input of the first three parts has four weights to the last part, which sum up to a part's size. The last part
  // has all outputs, and the inputs that are left: 12,497, the last of which has a weight that counts twice.
  const auto last = static_cast<float>(2. * (4 * 12'497 + 1) / (4 * part));
  EXPECT_EQ(ReadArray<float>(PathOf("matrix-0.npy")).values, (std::vector<double>{0, 0, 0, 1,  //
                                                                                  0, 0, 0, 1,  //
                                                                                  0, 0, 0, 1,  //
                                                                                  1, 1, 1, last}));
}

TEST_F(PlotData, ThatCannotBeWrittenIsASystemError) {
  std::filesystem::remove(attempt_.directory().artifacts());
  EXPECT_THROW(Store(TwoLayers({1, 2, 3, 4}), 1, 0), std::system_error);
  EXPECT_THROW(Store(TwoLayers({1, 2, 3, 4}), 0, 1, {{0, 0, 0, 0}}), std::system_error);
}

TEST_F(PlotData, LeavesWhenItIsCancelled) {
  context_.Cancel();
  EXPECT_THROW(Store(TwoLayers({1, 2, 3, 4}), 1, 0), Cancelled);
}

}  // namespace
}  // namespace modlab::server
