#include "server/worker/mapping.h"

#include <gtest/gtest.h>

#include <map>

namespace modlab::server {
namespace {

TEST(ToReason, EveryKindHasItsTwin) {
  const std::map<ErrorKind, std::string> twins = {
      {ErrorKind::kInvalidOption, "FIELD_INVALID"},
      {ErrorKind::kModelLoadFailed, "MODEL_LOAD_FAILED"},
      {ErrorKind::kModelForwardFailed, "MODEL_FORWARD_FAILED"},
      {ErrorKind::kOperationUnsupported, "OPERATION_UNSUPPORTED"},
      {ErrorKind::kNoWeightLayers, "NO_WEIGHT_LAYERS"},
      {ErrorKind::kWeightsNotFinite, "WEIGHTS_NOT_FINITE"},
      {ErrorKind::kNoEdges, "NO_EDGES"},
      {ErrorKind::kClustersOutOfRange, "CLUSTERS_OUT_OF_RANGE"},
      {ErrorKind::kInputShapeInvalid, "INPUT_SHAPE_INVALID"},
      {ErrorKind::kNotConverged, "NOT_CONVERGED"},
      {ErrorKind::kOutOfMemory, "MEMORY_LIMIT"},
      {ErrorKind::kDataInvalid, "DATA_INVALID"},
      {ErrorKind::kGoalInvalid, "GOAL_INVALID"},
      {ErrorKind::kShapesMismatch, "SHAPES_MISMATCH"},
      {ErrorKind::kLossNotFinite, "LOSS_NOT_FINITE"},
      {ErrorKind::kNothingToTrain, "NOTHING_TO_TRAIN"},
  };
  for (const auto& [kind, name] : twins) EXPECT_EQ(v1::Reason_Name(ToReason(kind)), name);
}

TEST(ToProto, AnErrorKeepsItsFacts) {
  const v1::JobError error =
      ToProto(Error(ErrorKind::kOperationUnsupported, "no \xFF", {{"operation", "aten::einsum"}}), "read");
  EXPECT_EQ(error.reason(), v1::OPERATION_UNSUPPORTED);
  EXPECT_EQ(error.message(), "no \xEF\xBF\xBD");
  EXPECT_EQ(error.phase(), "read");
  EXPECT_EQ(error.metadata().at("operation"), "aten::einsum");
}

TEST(OutOfMemory, TellsWhatWasAskedFor) {
  const v1::JobError error =
      OutOfMemory("DefaultCPUAllocator: can't allocate memory: you tried to allocate 107374182400 bytes. Error code 12",
                  int64_t{4} << 30, "read");
  EXPECT_EQ(error.reason(), v1::MEMORY_LIMIT);
  EXPECT_NE(error.message().find("100.0 GiB"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("4.0 GiB"), std::string::npos) << error.message();
  EXPECT_EQ(error.metadata().at("requested_bytes"), "107374182400");
}

TEST(OutOfMemory, ManagesWithoutANumber) {
  for (const char* what : {"std::bad_alloc", "you tried to allocate ", "you tried to allocate many bytes",
                           "you tried to allocate 99999999999999999999999999 bytes"}) {
    EXPECT_EQ(OutOfMemory(what, 0, "").metadata().count("requested_bytes"), 0U) << what;
  }
}

TEST(ToReaderOptions, AbsentOptionsKeepTheDefaults) {
  const ReaderOptions options = ToReaderOptions({}, {});
  EXPECT_EQ(options.kernel_norm, KernelNorm::kL1);
  EXPECT_TRUE(options.fold_batch_norm);
  EXPECT_TRUE(options.input_shapes.empty());
}

TEST(ToReaderOptions, GivenOptionsArriveAsGiven) {
  const std::map<v1::GraphOptions::KernelNorm, KernelNorm> norms = {
      {v1::GraphOptions::L1, KernelNorm::kL1},
      {v1::GraphOptions::L2, KernelNorm::kL2},
      {v1::GraphOptions::MAX_COLUMN_SUM, KernelNorm::kMaxColumnSum},
      {v1::GraphOptions::SPECTRAL, KernelNorm::kSpectral},
      {v1::GraphOptions::MEAN_ABS, KernelNorm::kMeanAbs}};
  for (const auto& [sent, expected] : norms) {
    v1::GraphOptions graph;
    graph.set_kernel_norm(sent);
    graph.set_fold_batch_norm(false);
    EXPECT_EQ(ToReaderOptions(graph, {}).kernel_norm, expected);
    EXPECT_FALSE(ToReaderOptions(graph, {}).fold_batch_norm);
  }
}

TEST(ToReaderOptions, EveryOptionHasItsField) {
  v1::GraphOptions graph;
  graph.set_normalization(v1::GraphOptions::UNIT_INCOMING);
  graph.add_layers("features.*");
  graph.set_cnn_layers(v1::GraphOptions::CONVOLUTION_OUTPUTS);
  graph.set_input_units(false);
  graph.set_output_units(false);
  graph.set_threshold(0.25);
  graph.set_remove_unconnected(true);
  const ReaderOptions options = ToReaderOptions(graph, {});
  EXPECT_EQ(options.normalization, Normalization::kUnitIncoming);
  EXPECT_EQ(options.layers, std::vector<std::string>{"features.*"});
  EXPECT_EQ(options.cnn_layers, CnnLayers::kConvolutionOutputs);
  EXPECT_FALSE(options.input_units);
  EXPECT_FALSE(options.output_units);
  EXPECT_EQ(options.threshold, 0.25);
  EXPECT_TRUE(options.remove_unconnected);
  graph.set_normalization(v1::GraphOptions::LAYER_MEAN);
  graph.set_cnn_layers(v1::GraphOptions::CONVOLUTIONS);
  EXPECT_EQ(ToReaderOptions(graph, {}).normalization, Normalization::kLayerMean);
  EXPECT_EQ(ToReaderOptions(graph, {}).cnn_layers, CnnLayers::kConvolutions);
}

TEST(InputShapes, ComeBackAsGiven) {
  const std::vector<InputShape> shapes = {{{1, 3, 224, 224}, ""}, {{}, ""}, {{7}, "int64"}};
  const std::vector<InputShape> back = ToReaderOptions({}, ToProto(shapes)).input_shapes;
  ASSERT_EQ(back.size(), shapes.size());
  for (size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_EQ(back[i].dimensions, shapes[i].dimensions);
    EXPECT_EQ(back[i].dtype, shapes[i].dtype);
  }
  const std::vector<InputShape> too_large = {{{int64_t{1} << 31}, ""}};
  EXPECT_THROW(ToProto(too_large), std::range_error);
}

TEST(ToProto, AGraphsBlocksAreCounted) {
  UnitGraph graph;
  graph.AddGroup({.name = "input", .operation = "input", .units = 2});
  graph.AddGroup({.name = "fc\xFF", .operation = "linear", .units = 3});
  graph.AddBlock(OwnedBlock(0, 1, 2, 3, {1, 0, -2, 0.5, 0, 4}));
  graph.warnings = {"one unit has no edges"};
  RunContext context(2);
  const v1::UnitGraph result = ToProto(graph, context);
  EXPECT_EQ(result.units(), 5);
  EXPECT_EQ(result.edges(), 4);
  ASSERT_EQ(result.groups_size(), 2);
  EXPECT_EQ(result.groups(1).name(), "fc\xEF\xBF\xBD");
  EXPECT_EQ(result.groups(1).operation(), "linear");
  EXPECT_EQ(result.groups(1).units(), 3);
  ASSERT_EQ(result.blocks_size(), 1);
  EXPECT_EQ(result.blocks(0).source(), 0);
  EXPECT_EQ(result.blocks(0).target(), 1);
  EXPECT_EQ(result.blocks(0).edges(), 4);
  EXPECT_EQ(result.blocks(0).weight(), 7.5);
  EXPECT_EQ(result.blocks(0).entries(), 6);
  EXPECT_EQ(result.warnings(0), "one unit has no edges");
}

}  // namespace
}  // namespace modlab::server
