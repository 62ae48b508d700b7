#include <gtest/gtest.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include <chrono>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/core/graph/fixtures.h"

namespace modlab {
namespace {

/// A model that cannot be read, and what its error must say.
struct BadModel {
  std::string name;
  ErrorKind kind;
  std::vector<std::string> words;  ///< Each occurs in the message.
  std::map<std::string, std::string> metadata;
};
void PrintTo(const BadModel& model, std::ostream* stream) { *stream << model.name; }

class BadModels : public testing::TestWithParam<BadModel> {};

TEST_P(BadModels, HaveTheirError) {
  const BadModel& expected = GetParam();
  const Error error = ErrorOf([&] { ReadFixture(expected.name); });
  const std::string message = error.what();
  EXPECT_EQ(error.kind(), expected.kind) << message;
  for (const std::string& word : expected.words) EXPECT_NE(message.find(word), std::string::npos) << message;
  for (const auto& [key, value] : expected.metadata) {
    ASSERT_EQ(error.metadata().count(key), 1) << key;
    EXPECT_EQ(error.metadata().at(key), value);
  }
  // One line, without LibTorch's stack of C++ symbols.
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(message.find("frame #"), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Fixtures, BadModels,
    testing::Values(
        BadModel{"text", ErrorKind::kModelLoadFailed, {"cannot load the model"}, {}},
        BadModel{"truncated", ErrorKind::kModelLoadFailed, {"cannot load the model"}, {}},
        BadModel{"raising_load", ErrorKind::kModelLoadFailed, {"refuses to be loaded"}, {}},
        BadModel{"saves_a_file",
                 ErrorKind::kOperationForbidden,
                 {"save", "code/__torch__", ".py:"},
                 {{"operation", "save"}}},
        BadModel{"unknown_operator",
                 ErrorKind::kModelLoadFailed,
                 {"aten::modlab_does_not_exist", "LibTorch " + Model::LibTorchVersion()},
                 {{"operation", "aten::modlab_does_not_exist"}}},
        BadModel{
            "nan_weights", ErrorKind::kWeightsNotFinite, {"[3, 1]", "layer 2"}, {{"layer", "2"}, {"index", "[3, 1]"}}},
        BadModel{"infinite_weights",
                 ErrorKind::kWeightsNotFinite,
                 {"[3, 1]", "layer 2"},
                 {{"layer", "2"}, {"index", "[3, 1]"}}},
        BadModel{"zero_weights", ErrorKind::kNoEdges, {"zero"}, {}},
        BadModel{"no_weights", ErrorKind::kNoWeightLayers, {"no linear, convolution or other layer with weights"}, {}},
        BadModel{"mean_of_units",
                 ErrorKind::kOperationUnsupported,
                 {"aten::linear in layer last", "reads what aten::mean", "computed from several units"},
                 {{"operation", "aten::linear"}, {"layer", "last"}}},
        BadModel{"unsupported",
                 ErrorKind::kOperationUnsupported,
                 {"aten::sort", "layer mix", "make_models.py, line "},
                 {{"operation", "aten::sort"}, {"layer", "mix"}}},
        BadModel{"unsupported_fft",
                 ErrorKind::kOperationUnsupported,
                 {"aten::fft_fft", "make_models.py, line "},
                 {{"operation", "aten::fft_fft"}}},
        BadModel{"unsupported_power",
                 ErrorKind::kOperationUnsupported,
                 {"aten::linalg_matrix_power", "make_models.py, line "},
                 {{"operation", "aten::linalg_matrix_power"}}},
        BadModel{"no_shape", ErrorKind::kInputShapeInvalid, {"--input-shape 1,1,224,224", "30 features"}, {}},
        BadModel{"channels_last", ErrorKind::kInputShapeInvalid, {"--input-shape", "3 channels"}, {}},
        BadModel{"broken_layers", ErrorKind::kInputShapeInvalid, {"4 features", "layer 2"}, {}},
        BadModel{"raising_forward",
                 ErrorKind::kModelForwardFailed,
                 {"the sky is not blue", "make_models.py, line "},
                 {{"operation", "prim::RaiseException"}}}),
    [](const testing::TestParamInfo<BadModel>& info) { return info.param.name; });

TEST(BadFile, Missing) {
  EXPECT_EQ(ErrorOf([] { Model::Load("/nonexistent/model.pt"); }).kind(), ErrorKind::kModelLoadFailed);
}

TEST(BadFile, ZipThatIsNotTorchScript) {
#ifdef __SANITIZE_ADDRESS__
  const __lsan::ScopedDisabler disabler;  // LibTorch 1.13 forgets its zip reader where it refuses an archive
#endif
  EXPECT_EQ(ErrorOf([] { LoadFixture("not_torchscript"); }).kind(), ErrorKind::kModelLoadFailed);
}

struct BadShape {
  std::string model;
  std::vector<std::vector<int64_t>> shapes;
  std::string words;
};

TEST(BadShapes, AreRefusedWithTheReason) {
  const std::vector<BadShape> cases = {
      {"mlp_64_32_10", {{1, 63}}, "64 features"},   {"mlp_64_32_10", {{1, 64}, {1, 64}}, "takes 1 tensors"},
      {"mlp_64_32_10", {{1, 0}}, "positive"},       {"mlp_64_32_10", {{-1, 64}}, "positive"},
      {"mlp_64_32_10", {{}}, "positive"},           {"conv2d", {{1, 3, 14, 14}}, "1 channels"},
      {"conv2d", {{1, 14, 14}}, "4 axes"},          {"conv2d", {{1, 1, 2, 2}}, "size"},
      {"conv2d", {{1, 1, 16, 16}}, "150 features"},
  };
  for (const BadShape& bad : cases) {
    ReaderOptions options;
    options.input_shapes = AsInputs(bad.shapes);
    const Error error = ErrorOf([&] { ReadFixture(bad.model, options); });
    EXPECT_EQ(error.kind(), ErrorKind::kInputShapeInvalid);
    EXPECT_NE(std::string(error.what()).find(bad.words), std::string::npos) << error.what();
  }
}

TEST(Cancellation, LeavesAnEndlessForward) {
  Model model = LoadFixture("endless_forward");
  RunContext context;
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    context.Cancel();
  });
  EXPECT_THROW(model.Read({}, context), Cancelled);
  canceller.join();
}

}  // namespace
}  // namespace modlab
