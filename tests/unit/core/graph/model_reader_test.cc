#include "core/graph/model_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/core/graph/fixtures.h"

namespace modlab {
namespace {

using Shapes = std::vector<std::vector<int64_t>>;

Shapes Dimensions(const std::vector<InputShape>& inputs) {
  Shapes shapes;
  for (const InputShape& input : inputs) shapes.push_back(input.dimensions);
  return shapes;
}

const std::vector<std::pair<KernelNorm, std::string>> kNorms = {{KernelNorm::kL1, "l1"},
                                                                {KernelNorm::kL2, "l2"},
                                                                {KernelNorm::kMaxColumnSum, "max_column_sum"},
                                                                {KernelNorm::kSpectral, "spectral"},
                                                                {KernelNorm::kMeanAbs, "mean_abs"}};

void ExpectNear(const std::vector<double>& values, const std::vector<double>& expected, const std::string& what) {
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(values[i], expected[i], 1e-12 * (1 + expected[i])) << what << ", entry " << i;
  }
}

// --- Groups, blocks and derived shapes of every network.

struct Network {
  std::string name;
  std::string graph;  ///< `input 64 input, 0 32 linear; 0->1`
  Shapes shapes;
};
void PrintTo(const Network& network, std::ostream* stream) { *stream << network.name; }

std::string Describe(const UnitGraph& graph) {
  std::ostringstream text;
  for (const Group& group : graph.groups()) text << group.name << " " << group.units << " " << group.operation << ", ";
  for (const Block& block : graph.blocks()) text << block.source << "->" << block.target << " ";
  return text.str();
}

class Networks : public testing::TestWithParam<Network> {};

TEST_P(Networks, AreReadAsTheyAreMade) {
  const Model model = LoadFixture(GetParam().name);
  RunContext context;
  ReaderOptions options;
  EXPECT_EQ(Describe(const_cast<Model&>(model).Read(options, context)), GetParam().graph);
}

TEST_P(Networks, DeriveTheirInputShapes) {
  Model model = LoadFixture(GetParam().name);
  RunContext context;
  EXPECT_EQ(Dimensions(model.InputShapes({}, context)), GetParam().shapes);
}

const std::string kLoop =
    "input 12 input, first 8 linear, hidden.0 8 linear, hidden.1 6 linear, last 3 linear, 0->1 1->2 2->3 3->4 ";
const std::string kThree = "input 6 input, 0 6 linear, 2 6 linear, 0->1 1->2 ";

INSTANTIATE_TEST_SUITE_P(
    Fixtures, Networks,
    testing::Values(
        Network{"mlp_64_32_10", "input 64 input, 0 32 linear, 2 10 linear, 0->1 1->2 ", {{1, 64}}},
        Network{"mlp_784_392_10", "input 784 input, 0 392 linear, 2 10 linear, 0->1 1->2 ", {{1, 784}}},
        Network{"scripted", kLoop, {{1, 12}}}, Network{"traced", kLoop, {{1, 12}}},
        // Freezing turns weights into constants without names.
        Network{"frozen",
                "input 12 input, linear_1 8 linear, linear_2 8 linear, linear_3 6 linear, linear_4 3 linear, "
                "0->1 1->2 2->3 3->4 ",
                {{1, 12}}},
        Network{"float64", "input 6 input, 0 5 linear, 2 4 linear, 0->1 1->2 ", {{1, 6}}},
        Network{"frozen_float64", "input 6 input, linear_1 5 linear, linear_2 4 linear, 0->1 1->2 ", {{1, 6}}},
        Network{"names_gpu", "input 6 input, first 5 linear, last 4 linear, 0->1 1->2 ", {{1, 6}}},
        Network{"half", "input 6 input, 0 5 linear, 2 4 linear, 0->1 1->2 ", {{1, 6}}},
        Network{"functional", "input 5 input, w1 6 linear, w2 4 linear, w3 3 linear, 0->1 1->2 2->3 ", {{1, 5}}},
        Network{"shared", "input 5 input, layer 5 linear, layer#2 5 linear, 0->1 1->2 ", {{1, 5}}},
        Network{"ones_6_6_6", kThree, {{1, 6}}},
        Network{"image_mlp", "input 784 input, first 20 linear, last 10 linear, 0->1 1->2 ", {{1, 784}}},
        Network{"tokens", "input 6 input, first 5 linear, last 3 linear, 0->1 1->2 ", {{1, 1, 6}}},
        Network{"weight_norm", "input 6 input, 0 5 linear, 2 4 linear, 0->1 1->2 ", {{1, 6}}},
        Network{"branches", "input 6 input, stem 6 linear, 0->1 1->1 ", {{1, 6}}},
        Network{"lenet",
                "input 1 input, conv1 6 conv2d, conv2 16 conv2d, fc1 12 linear, fc2 10 linear, 0->1 1->2 2->3 3->4 ",
                {{1, 1, 32, 32}}},
        Network{"input_scale", "input 3 input, conv 4 conv2d, fc 2 linear, 0->1 1->2 ", {{1, 3, 32, 32}}},
        Network{"conv1d",
                "input 2 input, features.0 4 conv1d, features.4 6 conv1d, classifier 5 linear, 0->1 1->2 2->3 ",
                {{1, 2, 20}}},
        Network{"conv2d",
                "input 1 input, features.0 4 conv2d, features.4 6 conv2d, classifier 5 linear, 0->1 1->2 2->3 ",
                {{1, 1, 14, 14}}},
        Network{"conv3d",
                "input 2 input, features.0 4 conv3d, features.4 6 conv3d, classifier 5 linear, 0->1 1->2 2->3 ",
                {{1, 2, 6, 6, 6}}},
        Network{"grouped",
                "input 4 input, grouped 8 conv2d, depthwise 8 conv2d, pointwise 6 conv2d, fc 3 linear, "
                "0->1 1->2 2->3 3->4 ",
                {{1, 4, 32, 32}}},
        Network{"norms", "input 2 input, conv1 4 conv2d, conv2 3 conv2d, fc 5 linear, 0->1 1->2 2->3 ", {{1, 2, 6, 6}}},
        Network{"batch_norm",
                "input 2 input, 0 5 conv2d, 3 4 conv2d, 8 6 linear, 11 3 linear, 0->1 1->2 2->3 3->4 ",
                {{1, 2, 32, 32}}}),
    [](const testing::TestParamInfo<Network>& info) { return info.param.name; });

// --- Architectures that need the shape of an example input.

TEST(Architectures, AreReadFromWhatTheyCompute) {
  const std::vector<Network> networks = {
      {"lstm",
       "input 8 input, layer.l0 16 lstm, layer.l0_reverse 16 lstm, layer.l1 16 lstm, layer.l1_reverse 16 lstm, "
       "classifier 5 linear, 0->1 1->1 0->2 2->2 1->3 2->3 3->3 1->4 2->4 4->4 3->5 4->5 ",
       {{1, 7, 8}}},
      {"gru",
       "input 8 input, layer.l0 16 gru, layer.l0_reverse 16 gru, layer.l1 16 gru, layer.l1_reverse 16 gru, "
       "classifier 5 linear, 0->1 1->1 0->2 2->2 1->3 2->3 3->3 1->4 2->4 4->4 3->5 4->5 ",
       {{1, 7, 8}}},
      {"cell", "input 8 input, cell 16 lstm, classifier 5 linear, 0->1 1->1 1->2 ", {{1, 7, 8}}},
      // Key unit i is query unit i.
      {"attention", "input 12 input, q 12 linear, v 12 linear, out 4 linear, 0->1 0->1 0->2 2->3 ", {{1, 5, 12}}},
      {"cross_attention",
       "input 6 input, memory 4 linear, first 4 linear, attention.in_proj 4 linear, attention.in_proj#2 4 linear, "
       "attention.out_proj 4 linear, out 3 linear, 0->1 0->2 2->3 1->3 1->4 4->5 5->6 ",
       {{1, 5, 6}}},
      // The residual stream is the input's units; queries with keys, and values, are in_proj's.
      {"encoder",
       "input 16 input, layers.0.self_attn.in_proj 32 linear, layers.0.linear1 32 linear, 0->1 0->1 1->0 0->2 2->0 ",
       {{1, 7, 16}}},
      {"encoder_traced",
       "input 16 input, layers.0.self_attn.in_proj 32 linear, layers.0.linear1 32 linear, 0->1 0->1 1->0 0->2 2->0 ",
       {{1, 7, 16}}},
      // What a padding adds belongs to no unit: the gate is each channel's own all the same.
      {"padded_gate", "input 3 input, conv 4 conv2d, out 2 linear, 0->1 1->1 1->2 ", {{1, 3, 4, 4}}},
      {"class_token", "input 6 input, first 8 linear, weigh 1 linear, out 3 linear, 0->1 1->2 1->3 ", {{1, 5, 6}}},
      {"class_token_mixed",
       "input 6 input, first 8 linear, weigh 1 linear, out 3 linear, 0->1 1->2 1->3 ",
       {{1, 5, 6}}},
      {"mixer",
       "input 3 input, patches 16 conv2d, channels1 32 linear, classifier 5 linear, 0->1 1->2 2->1 1->3 ",
       {{1, 3, 16, 16}}},
      {"unet",
       "input 3 input, down1 8 conv2d, down2 16 conv2d, up 8 conv_transpose2d, merge 8 conv2d, out 2 conv2d, "
       "0->1 1->2 2->3 1->4 3->4 4->5 ",
       {{1, 3, 16, 16}}},
      {"rms_norm", "input 6 input, first 8 linear, last 3 linear, 0->1 1->2 ", {{1, 6}}},
      {"written_in_parts", "input 6 input, a 4 linear, b 4 linear, out 3 linear, 0->1 0->2 1->3 2->3 ", {{1, 6}}},
      {"attention_pooling",
       "input 6 input, first 8 linear, weigh 1 linear, out 3 linear, 0->1 1->2 1->3 ",
       {{1, 5, 6}}},
      {"pixel_shuffle", "input 1 input, 0 2 conv2d, 2 3 conv2d, 0->1 0->1 0->1 0->1 1->2 ", {{1, 1, 4, 4}}},
      // One block, in whatever order its units are read.
      {"shuffled", "input 2 input, 0 8 conv2d, 2 3 conv2d, 0->1 1->2 ", {{1, 2, 4, 4}}},
      {"embedded", "input 11 vocabulary, table 6 embedding, out 11 linear, 0->1 1->2 ", {{1, 4}, {1, 4}}},
      {"gated", "input 6 input, 0 4 linear, 2 3 linear, 0->1 0->1 1->2 ", {{1, 6}}},
  };
  for (const Network& network : networks) {
    RunContext context;
    ReaderOptions options;
    options.input_shapes = AsInputs(network.shapes);
    EXPECT_EQ(Describe(LoadFixture(network.name).Read(options, context)), network.graph) << network.name;
  }
}

TEST(Architectures, TheNormThatIsWrittenOutScalesWhatReadsIt) {
  Model model = LoadFixture("rms_norm");
  RunContext context;
  ReaderOptions folded;
  ReaderOptions plain;
  plain.fold_batch_norm = false;
  const UnitGraph with = model.Read(folded, context);
  const UnitGraph without = model.Read(plain, context);
  double differences = 0;
  for (int source = 0; source < 8; ++source) {
    differences += std::abs(with.blocks()[1].entry(0, source) - without.blocks()[1].entry(0, source));
    EXPECT_EQ(with.blocks()[0].entry(source, 0), without.blocks()[0].entry(source, 0));
  }
  EXPECT_GT(differences, 0);
}

// --- Linear layers.

TEST(LinearBlocks, AreViewsOfTheWeightsWithTheirSigns) {
  for (const std::string name : {"mlp_64_32_10", "mlp_784_392_10", "functional"}) {
    Model model = LoadFixture(name);
    RunContext context(2);
    const UnitGraph graph = model.Read({}, context);
    const UnitGraph again = model.Read({}, context);
    for (int i = 0; i < static_cast<int>(graph.blocks().size()); ++i) {
      const Block& block = graph.blocks()[i];
      // Copies, both alive, would lie at different addresses.
      EXPECT_EQ(block.float_data, again.blocks()[i].float_data) << name;
      EXPECT_TRUE(block.target_stride == 1 || block.source_stride == 1) << name;
      const std::vector<double> weights = ReadReference(name, i, "raw");
      ASSERT_EQ(weights.size(), static_cast<size_t>(block.target_units) * block.source_units) << name;
      for (int target = 0; target < block.target_units; ++target) {
        for (int source = 0; source < block.source_units; ++source) {
          const double weight = weights[target * block.source_units + source];
          ASSERT_EQ(block.float_data[target * block.target_stride + source * block.source_stride], weight) << name;
          ASSERT_EQ(block.entry(target, source), std::abs(weight)) << name;
        }
      }
      EXPECT_EQ(block.kernel_size, 1);
      EXPECT_EQ(block.fan_in, block.source_units);
    }
  }
}

TEST(LinearBlocks, OutliveTheModel) {
  const UnitGraph graph = ReadFixture("mlp_64_32_10");
  const std::vector<double> weights = ReadReference("mlp_64_32_10", 0, "raw");
  EXPECT_EQ(graph.blocks()[0].entry(31, 63), std::abs(weights.back()));
}

TEST(LinearBlocks, AreTheSameScriptedTracedAndFrozen) {
  for (const std::string name : {"scripted", "traced", "frozen"}) {
    const UnitGraph graph = ReadFixture(name);
    for (int i = 0; i < 4; ++i) {
      std::vector<double> weights = ReadReference("scripted", i, "raw");
      for (double& weight : weights) weight = std::abs(weight);
      EXPECT_EQ(Entries(graph.blocks().at(i)), weights) << name;
    }
  }
}

TEST(LinearBlocks, OfAComputedWeightHaveItsValues) {
  const UnitGraph graph = ReadFixture("weight_norm");
  std::vector<double> weights = ReadReference("weight_norm", 0, "raw");
  for (double& weight : weights) weight = std::abs(weight);
  const std::vector<double> entries = Entries(graph.blocks()[0]);
  ASSERT_EQ(entries.size(), weights.size());
  // The model computes it in float.
  for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(entries[i], weights[i], 1e-6);
  EXPECT_TRUE(graph.warnings.empty()) << graph.warnings[0];
}

TEST(LinearBlocks, KeepTheTypeOfTheirWeights) {
  EXPECT_NE(ReadFixture("float64").blocks()[0].double_data, nullptr);
  Model half = LoadFixture("half");
  EXPECT_EQ(half.tensors()[0].dtype, "float16");
  RunContext context;
  EXPECT_NE(half.Read({}, context).blocks()[0].float_data, nullptr);
}

TEST(LinearBlocks, HaveTheWeightsOfTheOracle) {
  // definitions.md, section 13; W1 is given as [in][out].
  const UnitGraph graph = ReadFixture("oracle_2_2_2");
  EXPECT_EQ(Entries(graph.blocks()[0]), (std::vector<double>{12, 0, 1.3F, 7.4F}));
  EXPECT_EQ(Entries(graph.blocks()[1]), (std::vector<double>{8.9F, .23F, .15F, 5.7F}));
}

// --- Convolutions.

TEST(ConvolutionBlocks, HaveTheKernelNormsOfNumpy) {
  for (const std::string name : {"conv1d", "conv2d", "conv3d", "norms"}) {
    for (const auto& [norm, norm_name] : kNorms) {
      ReaderOptions options;
      options.kernel_norm = norm;
      const UnitGraph graph = ReadFixture(name, options);
      for (int i = 0; i < 3; ++i) {
        ExpectNear(Entries(graph.blocks()[i]), ReadReference(name, i, norm_name), name + " " + norm_name);
      }
    }
  }
}

TEST(ConvolutionBlocks, KnowTheirKernels) {
  const UnitGraph graph = ReadFixture("conv3d");
  EXPECT_EQ(graph.blocks()[0].kernel_size, 27);
  EXPECT_EQ(graph.blocks()[0].fan_in, 54);
  EXPECT_EQ(graph.blocks()[2].kernel_size, 8);  // positions of a channel after the flatten
  EXPECT_EQ(graph.blocks()[2].fan_in, 48);
}

TEST(ConvolutionBlocks, OfGroupsHaveStructuralZeros) {
  for (const auto& [norm, norm_name] : kNorms) {
    ReaderOptions options;
    options.kernel_norm = norm;
    const UnitGraph graph = ReadFixture("grouped", options);
    for (int i = 0; i < 2; ++i) {
      ExpectNear(Entries(graph.blocks()[i]), ReadReference("grouped", i, norm_name), norm_name);
    }
    EXPECT_EQ(graph.blocks()[0].convolution_groups, 2);
    EXPECT_EQ(graph.blocks()[0].fan_in, 18);
    EXPECT_EQ(graph.blocks()[1].convolution_groups, 8);
    EXPECT_EQ(Totals(graph.blocks()[1]).edges, 8);
    EXPECT_EQ(graph.blocks()[2].convolution_groups, 1);
  }
}

TEST(ConvolutionBlocks, OfOneElementAreViews) {
  Model model = LoadFixture("grouped");
  RunContext context;
  const UnitGraph graph = model.Read({}, context);
  const UnitGraph again = model.Read({}, context);
  ASSERT_NE(graph.blocks()[2].float_data, nullptr);
  EXPECT_EQ(graph.blocks()[2].float_data, again.blocks()[2].float_data);
  std::vector<double> weights = ReadReference("grouped", 2, "raw");
  for (double& weight : weights) weight = std::abs(weight);
  EXPECT_EQ(Entries(graph.blocks()[2]), weights);
}

TEST(ConvolutionBlocks, ReadShuffledChannelsAsOneBlock) {
  Model model = LoadFixture("shuffled");
  ReaderOptions options;
  options.input_shapes = AsInputs({{1, 2, 4, 4}});
  RunContext context;
  const UnitGraph graph = model.Read(options, context);
  // Positions 0, 1, 2, ... hold the channels 0, 4, 1, 5, ...
  const std::vector<double> weights = ReadReference("shuffled", 1, "raw");
  for (int target = 0; target < 3; ++target) {
    for (int position = 0; position < 8; ++position) {
      const int channel = position / 2 + position % 2 * 4;
      EXPECT_EQ(graph.blocks()[1].entry(target, channel), std::abs(weights[target * 8 + position]));
    }
  }
}

TEST(ConvolutionBlocks, ReadChannelsWhereTheyLie) {
  Model model = LoadFixture("channels_last");
  ReaderOptions options;
  options.input_shapes = AsInputs({{2, 9, 8, 3}});
  RunContext context;
  EXPECT_EQ(Describe(model.Read(options, context)), "input 3 input, conv 4 conv2d, fc 2 linear, 0->1 1->2 ");
}

// --- Batch norm.

TEST(BatchNorm, FoldedEqualsFoldedByHand) {
  for (const auto& [norm, norm_name] : kNorms) {
    ReaderOptions options;
    options.kernel_norm = norm;
    const UnitGraph with_norms = ReadFixture("batch_norm", options);
    const UnitGraph by_hand = ReadFixture("folded_by_hand", options);
    ASSERT_EQ(with_norms.blocks().size(), by_hand.blocks().size());
    for (size_t i = 0; i < by_hand.blocks().size(); ++i) {
      ExpectNear(Entries(with_norms.blocks()[i]), Entries(by_hand.blocks()[i]), norm_name);
    }
  }
}

TEST(BatchNorm, ScalesItsWritersOrElseItsReaders) {
  for (const std::string name : {"tokens", "gate", "two_readers"}) {
    const UnitGraph graph = ReadFixture(name);
    for (int i = 0; i < 2; ++i) {
      std::vector<double> weights = ReadReference(name, i, "raw");
      for (double& weight : weights) weight = std::abs(weight);
      ExpectNear(Entries(graph.blocks()[i]), weights, name);
    }
    // Scales are not multiplied into a copy.
    EXPECT_EQ(graph.blocks()[0].target_scale.size(), name == "two_readers" ? 0 : 5);
    EXPECT_EQ(graph.blocks()[1].source_scale.size(), name == "two_readers" ? 5 : 0);
  }
}

TEST(BatchNorm, WrittenOutByHandScalesToo) {
  for (const auto& [norm, norm_name] : kNorms) {
    ReaderOptions options;
    options.kernel_norm = norm;
    const UnitGraph graph = ReadFixture("input_scale", options);
    for (int i = 0; i < 2; ++i) {
      ExpectNear(Entries(graph.blocks()[i]), ReadReference("input_scale", i, norm_name), norm_name);
    }
  }
}

TEST(BatchNorm, IsLeftOutWhereFoldingIsOff) {
  ReaderOptions options;
  options.fold_batch_norm = false;
  for (const std::string name : {"conv1d", "conv2d", "conv3d"}) {
    const UnitGraph graph = ReadFixture(name, options);
    for (int i = 0; i < 2; ++i) {
      ExpectNear(Entries(graph.blocks()[i]), ReadReference(name, i, "plain_l1"), name);
    }
  }
}

// --- The rest of the interface.

TEST(Reader, WarnsOfUnitsWithoutEdges) {
  EXPECT_EQ(ReadFixture("dead_units").warnings,
            (std::vector<std::string>{"input: 1 of 4 units have no edges", "layer 0: 1 of 5 units have no edges",
                                      "layer 2: 1 of 3 units have no edges"}));
}

TEST(Reader, WarnsOfLayersLeftOut) {
  const std::vector<std::string> warnings = ReadFixture("unused_layer").warnings;
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_NE(warnings[0].find("unused.weight is left out"), std::string::npos) << warnings[0];
}

TEST(Reader, TakesGivenShapes) {
  Model model = LoadFixture("grouped");
  ReaderOptions options;
  options.input_shapes = AsInputs({{2, 4, 9, 17}});
  RunContext context;
  EXPECT_EQ(Dimensions(model.InputShapes(options, context)), Dimensions(options.input_shapes));
  EXPECT_EQ(Entries(model.Read(options, context).blocks()[0]), Entries(ReadFixture("grouped").blocks()[0]));
}

TEST(Reader, DerivesTheNumberOfAxesThatForwardUnpacks) {
  Model model = LoadFixture("attention");  // batch, tokens, width = x.shape
  RunContext context;
  EXPECT_EQ(Dimensions(model.InputShapes({}, context)), (Shapes{{1, 1, 12}}));
}

TEST(Reader, ReportsProgress) {
  std::vector<std::string> phases;
  RunContext context(1, [&](std::string_view phase, std::optional<double>) { phases.emplace_back(phase); });
  Model model = LoadFixture("conv2d");
  model.Read({}, context);
  ASSERT_FALSE(phases.empty());
  EXPECT_TRUE(std::all_of(phases.begin(), phases.end(), [](const std::string& phase) { return phase == "read"; }));
}

TEST(ModelContents, Tensors) {
  const std::vector<TensorInfo> tensors = LoadFixture("conv2d").tensors();
  ASSERT_EQ(tensors.size(), 10 + 6);  // weights and biases of five layers; three buffers of each norm
  EXPECT_EQ(tensors[0].name, "features.0.weight");
  EXPECT_EQ(tensors[0].shape, (std::vector<int64_t>{4, 1, 3, 3}));
  EXPECT_EQ(tensors[0].dtype, "float32");
  EXPECT_EQ(tensors[0].elements, 36);
  EXPECT_TRUE(tensors[0].parameter);
  EXPECT_EQ(tensors.back().name, "features.5.num_batches_tracked");
  EXPECT_EQ(tensors.back().dtype, "int64");
  EXPECT_FALSE(tensors.back().parameter);
}

TEST(ModelContents, Operators) {
  const std::vector<std::string> names = LoadFixture("functional").operators();
  for (const std::string name : {"aten::addmm", "aten::matmul", "aten::relu"}) {
    EXPECT_TRUE(std::binary_search(names.begin(), names.end(), name)) << name;
  }
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace modlab
