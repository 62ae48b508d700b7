// What the reader's options leave in a graph, and how they scale it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/graph/block_rows.h"
#include "core/measure/measure.h"
#include "core/spectral/spectral_clustering.h"
#include "tests/unit/core/graph/fixtures.h"

namespace modlab {
namespace {

std::vector<std::string> GroupNames(const UnitGraph& graph) {
  std::vector<std::string> names;
  for (const Group& group : graph.groups()) names.push_back(group.name);
  return names;
}

std::vector<std::string> Layers(const UnitGraph& graph) {
  std::vector<std::string> names;
  for (const Block& block : graph.blocks()) names.push_back(block.layer);
  return names;
}

bool HasWarning(const UnitGraph& graph, const std::string& part) {
  return std::any_of(graph.warnings.begin(), graph.warnings.end(),
                     [&](const std::string& warning) { return warning.find(part) != std::string::npos; });
}

ReaderOptions Normalized(Normalization normalization) {
  ReaderOptions options;
  options.normalization = normalization;
  return options;
}

ReaderOptions OnlyLayers(const std::vector<std::string>& patterns) {
  ReaderOptions options;
  options.layers = patterns;
  return options;
}

struct Measures {
  double ncut;
  double modularity;
};

Measures MeasureOracle(const std::string& name, Normalization normalization) {
  RunContext context;
  const ClusterSums sums = SumClusters(ReadFixture(name, Normalized(normalization)), {0, 1, 0, 1, 0, 1}, 2, context);
  return {NormalizedCut(sums), NewmanModularity(sums)};
}

// --- definitions.md, section 3.

TEST(UnitIncoming, HasTheNumbersOfTheOracle) {
  const Measures raw = MeasureOracle("oracle_scaled", Normalization::kNone);
  EXPECT_NEAR(raw.ncut, .913687, 5e-7);
  EXPECT_NEAR(raw.modularity, .039504, 5e-7);
  const Measures rescaled = MeasureOracle("oracle_rescaled", Normalization::kNone);
  EXPECT_NEAR(rescaled.ncut, 1.344358, 5e-7);
  EXPECT_NEAR(rescaled.modularity, -.170943, 5e-7);
  for (const std::string name : {"oracle_scaled", "oracle_rescaled"}) {
    const Measures normalized = MeasureOracle(name, Normalization::kUnitIncoming);
    EXPECT_NEAR(normalized.ncut, .542786, 5e-7) << name;
    EXPECT_NEAR(normalized.modularity, .198106, 5e-7) << name;
  }
}

TEST(UnitIncoming, DoesNotSeeHowUnitsAreScaled) {
  for (const KernelNorm norm : {KernelNorm::kL1, KernelNorm::kSpectral}) {
    ReaderOptions options = Normalized(Normalization::kUnitIncoming);
    options.kernel_norm = norm;
    const UnitGraph graph = ReadFixture("residual", options);
    const UnitGraph scaled = ReadFixture("residual_scaled", options);
    ASSERT_EQ(graph.blocks().size(), scaled.blocks().size());
    for (size_t i = 0; i < graph.blocks().size(); ++i) {
      const std::vector<double> entries = Entries(graph.blocks()[i]);
      const std::vector<double> others = Entries(scaled.blocks()[i]);
      for (size_t j = 0; j < entries.size(); ++j) ASSERT_NEAR(entries[j], others[j], 1e-12 * (1 + entries[j])) << i;
    }
  }
  EXPECT_NE(Entries(ReadFixture("residual").blocks()[0]), Entries(ReadFixture("residual_scaled").blocks()[0]));
}

TEST(UnitIncoming, GivesHiddenUnitsTheNormOneAndLeavesOutputsAlone) {
  ReaderOptions options = Normalized(Normalization::kUnitIncoming);
  options.kernel_norm = KernelNorm::kL2;  // of a unit's kernels together it is the norm of all its incoming weights
  const UnitGraph graph = ReadFixture("lenet", options);
  for (const Block& block : graph.blocks()) {
    for (int target = 0; target < block.target_units; ++target) {
      double squares = 0;
      for (int source = 0; source < block.source_units; ++source) squares += std::pow(block.entry(target, source), 2);
      const bool is_one = std::abs(squares - 1) < 1e-9;
      EXPECT_EQ(is_one, block.layer != "fc2") << block.layer;
    }
  }
}

TEST(UnitIncoming, SaysWhereTheFunctionDependsOnTheScale) {
  const UnitGraph tanh = ReadFixture("nonlinear", Normalized(Normalization::kUnitIncoming));
  EXPECT_TRUE(HasWarning(tanh, "aten::tanh in layer 1")) << testing::PrintToString(tanh.warnings);
  EXPECT_FALSE(HasWarning(tanh, "layer 5"));  // outputs are not scaled
  EXPECT_TRUE(ReadFixture("residual", Normalized(Normalization::kUnitIncoming)).warnings.empty());
  EXPECT_TRUE(ReadFixture("nonlinear").warnings.empty());
}

TEST(LayerMean, DividesByTheMeanOfWhatAWeightCanOccupy) {
  const UnitGraph raw = ReadFixture("grouped");
  const UnitGraph graph = ReadFixture("grouped", Normalized(Normalization::kLayerMean));
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    const BlockTotals totals = Totals(raw.blocks()[i]);
    const Block& block = raw.blocks()[i];
    EXPECT_EQ(totals.entries, int64_t{block.target_units} * block.source_units / block.convolution_groups);
    EXPECT_NEAR(Totals(graph.blocks()[i]).weight, static_cast<double>(totals.entries), 1e-9);
    EXPECT_NEAR(graph.blocks()[i].entry(0, 0), block.entry(0, 0) * static_cast<double>(totals.entries) / totals.weight,
                1e-9);
  }
}

// --- The same function, written otherwise.

/// Labels of a graph whose hidden groups are in reverse order.
std::vector<int> Reversed(const UnitGraph& graph, std::vector<int> labels) {
  for (size_t group = 1; group + 1 < graph.groups().size(); ++group) {
    const auto begin = labels.begin() + graph.first_unit(static_cast<int>(group));
    std::reverse(begin, begin + graph.groups()[group].units);
  }
  return labels;
}

TEST(Invariance, TheOrderOfHiddenUnitsDoesNotMatter) {
  for (const Normalization normalization :
       {Normalization::kNone, Normalization::kUnitIncoming, Normalization::kLayerMean}) {
    for (const KernelNorm norm : {KernelNorm::kL1, KernelNorm::kMaxColumnSum}) {
      ReaderOptions options = Normalized(normalization);
      options.kernel_norm = norm;
      const UnitGraph graph = ReadFixture("residual", options);
      const UnitGraph reversed = ReadFixture("residual_reversed", options);
      std::vector<int> labels(graph.units());
      for (int unit = 0; unit < graph.units(); ++unit) labels[unit] = unit * 7 % 3;
      RunContext context;
      const ClusterSums sums = SumClusters(graph, labels, 3, context);
      const ClusterSums others = SumClusters(reversed, Reversed(graph, labels), 3, context);
      EXPECT_NEAR(NewmanModularity(sums), NewmanModularity(others), 1e-9);
      EXPECT_NEAR(NormalizedCut(sums), NormalizedCut(others), 1e-9);
      EXPECT_GT(std::abs(NewmanModularity(sums) - NewmanModularity(SumClusters(reversed, labels, 3, context))), 1e-6);
    }
  }
}

TEST(Invariance, PlantedPartsAreFoundHoweverTheyAreWritten) {
  const ReaderOptions options = Normalized(Normalization::kUnitIncoming);
  const UnitGraph parts = ReadFixture("parts", options);
  const UnitGraph mixed = ReadFixture("parts_mixed", options);
  SpectralOptions spectral;
  spectral.clusters = 2;
  RunContext context;
  const SpectralClustering found = ClusterSpectrally(parts, spectral, context);
  const SpectralClustering again = ClusterSpectrally(mixed, spectral, context);
  EXPECT_EQ(again.labels, Reversed(parts, found.labels));
  const ClusterSums sums = SumClusters(parts, found.labels, 2, context);
  const ClusterSums others = SumClusters(mixed, again.labels, 2, context);
  EXPECT_NEAR(NewmanModularity(sums), NewmanModularity(others), 1e-9);
  EXPECT_NEAR(NormalizedCut(sums), NormalizedCut(others), 1e-9);
  EXPECT_GT(NewmanModularity(sums), 0.45);
}

// --- What takes part.

TEST(Layers, AreChosenByTheirNames) {
  const UnitGraph some = ReadFixture("lenet", OnlyLayers({"fc*"}));
  EXPECT_EQ(Layers(some), (std::vector<std::string>{"fc1", "fc2"}));
  EXPECT_EQ(GroupNames(some), (std::vector<std::string>{"conv2", "fc1", "fc2"}));
  EXPECT_EQ(Layers(ReadFixture("conv2d", OnlyLayers({"features.[04]", "class*"}))).size(), 3);
}

TEST(Layers, ThatDoNotExistAreAnError) {
  const Error error = ErrorOf([] { ReadFixture("lenet", OnlyLayers({"fc1", "Conv*"})); });
  EXPECT_EQ(error.kind(), ErrorKind::kInvalidOption);
  EXPECT_NE(std::string(error.what()).find("Conv*"), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("conv1, conv2, fc1, fc2"), std::string::npos) << error.what();
}

TEST(Layers, LeftOutStillNormalise) {
  ReaderOptions all = Normalized(Normalization::kUnitIncoming);
  ReaderOptions some = all;
  some.layers = {"fc2"};
  EXPECT_EQ(Entries(ReadFixture("lenet", some).blocks().at(0)), Entries(ReadFixture("lenet", all).blocks().at(3)));
}

TEST(CnnLayers, AreTheConvolutionsWhereThereAreAny) {
  ReaderOptions options;
  options.cnn_layers = CnnLayers::kConvolutions;
  EXPECT_EQ(GroupNames(ReadFixture("lenet", options)), (std::vector<std::string>{"input", "conv1", "conv2"}));
  EXPECT_EQ(GroupNames(ReadFixture("nonlinear", options)), GroupNames(ReadFixture("nonlinear")));
  options.cnn_layers = CnnLayers::kConvolutionOutputs;
  EXPECT_EQ(GroupNames(ReadFixture("lenet", options)), (std::vector<std::string>{"conv1", "conv2"}));
  EXPECT_EQ(GroupNames(ReadFixture("nonlinear", options)), GroupNames(ReadFixture("nonlinear")));
}

TEST(InputsAndOutputs, CanBeLeftOut) {
  ReaderOptions options;
  options.input_units = false;
  EXPECT_EQ(GroupNames(ReadFixture("lenet", options)), (std::vector<std::string>{"conv1", "conv2", "fc1", "fc2"}));
  options.output_units = false;
  const UnitGraph graph = ReadFixture("lenet", options);
  EXPECT_EQ(GroupNames(graph), (std::vector<std::string>{"conv1", "conv2", "fc1"}));
  EXPECT_EQ(graph.outputs, 10);
}

TEST(Threshold, MakesSmallWeightsNone) {
  const UnitGraph raw = ReadFixture("mlp_64_32_10");
  ReaderOptions options;
  options.threshold = raw.blocks()[0].entry(3, 5);  // itself, too
  const UnitGraph graph = ReadFixture("mlp_64_32_10", options);
  for (size_t i = 0; i < graph.blocks().size(); ++i) {
    std::vector<double> expected = Entries(raw.blocks()[i]);
    for (double& weight : expected) weight = weight <= options.threshold ? 0 : weight;
    EXPECT_EQ(Entries(graph.blocks()[i]), expected);
    EXPECT_EQ(Totals(graph.blocks()[i]).edges,
              std::count_if(expected.begin(), expected.end(), [](double weight) { return weight > 0; }));
    EXPECT_EQ(Totals(graph.blocks()[i]).entries, static_cast<int64_t>(expected.size()));
  }
  EXPECT_EQ(graph.blocks()[0].entry(3, 5), 0);
  options.threshold = 1e30;
  EXPECT_EQ(ErrorOf([&] { ReadFixture("mlp_64_32_10", options); }).kind(), ErrorKind::kNoEdges);
}

TEST(RemoveUnconnected, TakesTheWeightsOfWhatLeadsNowhere) {
  ReaderOptions options;
  const auto dead = [&] {
    RunContext context;
    const std::vector<int> components = ConnectedComponents(ReadFixture("section", options), context);
    return std::count(components.begin(), components.end(), -1);
  };
  EXPECT_EQ(dead(), 0);  // a channel that is zero but read has edges
  options.remove_unconnected = true;
  // Hidden unit 2 and output 0 are joined with each other only.
  EXPECT_EQ(dead(), 2);
  EXPECT_TRUE(HasWarning(ReadFixture("section", options), "2 units lose their weights"));
}

// --- Example inputs.

TEST(InputTypes, AreDerivedWhereAnEmbeddingComesFirst) {
  Model model = LoadFixture("tokens_only");
  RunContext context;
  const std::vector<InputShape> shapes = model.InputShapes({}, context);
  ASSERT_EQ(shapes.size(), 1);
  EXPECT_EQ(shapes[0].dtype, "int64");
  EXPECT_EQ(GroupNames(model.Read({}, context)), (std::vector<std::string>{"input", "table", "lstm", "out"}));
}

TEST(InputTypes, OfPackedSequencesAreIndicesAndLengths) {
  ReaderOptions options;
  options.input_shapes = {{{2, 5}, "int64"}, {{2}, "int64"}};
  const UnitGraph graph = ReadFixture("packed", options);
  EXPECT_EQ(GroupNames(graph), (std::vector<std::string>{"input", "table", "lstm", "out"}));
  EXPECT_EQ(Layers(graph), (std::vector<std::string>{"table", "lstm", "lstm", "out"}));
}

TEST(InputTypes, CanBeGiven) {
  ReaderOptions options;
  options.input_shapes = {{{2, 9}, "int32"}};
  EXPECT_EQ(ReadFixture("tokens_only", options).groups()[0].operation, "vocabulary");
  options.input_shapes = {{{2, 9}, ""}};
  const Error floats = ErrorOf([&] { ReadFixture("tokens_only", options); });
  EXPECT_EQ(floats.kind(), ErrorKind::kInputShapeInvalid);
  EXPECT_NE(std::string(floats.what()).find("expects indices"), std::string::npos) << floats.what();
  options.input_shapes = {{{2, 9}, "string"}};
  const Error unknown = ErrorOf([&] { ReadFixture("tokens_only", options); });
  EXPECT_EQ(unknown.kind(), ErrorKind::kInputShapeInvalid);
  EXPECT_NE(std::string(unknown.what()).find("int64"), std::string::npos) << unknown.what();
}

}  // namespace
}  // namespace modlab
