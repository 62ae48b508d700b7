#include "core/compose/composed_model.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/labelling.h"
#include "core/measure/measure.h"
#include "tests/unit/core/compose/composition_files.h"

namespace modlab {
namespace {

class ComposedModelTest : public CompositionFiles {
 protected:
  /// 6-9-4 twice, a bridge, and 8-3-1.
  Model Engineered(double cross_deviation = 0) {
    CompositionOptions options;
    options.bridge = true;
    options.cross_deviation = cross_deviation;
    const std::string part = Build("part.pt", MlpOf({6, 9, 4}), 1);
    ComposeFiles({part, part}, Build("head.pt", MlpOf({8, 3, 1}), 2), options);
    return Model::Load(Path("composed.pt"));
  }
};

TEST_F(ComposedModelTest, PlantedPartitionIsOfTheGraphsUnits) {
  Model model = Engineered();
  EXPECT_EQ(ComposedParts(model), 2);
  const UnitGraph graph = model.Read({}, context_);
  std::vector<int> expected;
  const auto add = [&](int count, int label) { expected.insert(expected.end(), static_cast<size_t>(count), label); };
  for (const int units : {6, 9, 4}) {
    add(units, 0);
    add(units, 1);
  }
  add(8 + 3 + 1, 2);
  EXPECT_EQ(PlantedPartition(model, graph), expected);
}

TEST_F(ComposedModelTest, TwoUnconnectedHalvesHaveAModularityOfOneHalf) {
  const std::string part = Build("part.pt", MlpOf({6, 9, 4}), 1);
  ComposeFiles({part, part}, "", {});
  Model model = Model::Load(Path("composed.pt"));
  const UnitGraph graph = model.Read({}, context_);
  const Labelling planted = InOrderOfAppearance(PlantedPartition(model, graph));
  EXPECT_EQ(planted.clusters, 2);
  EXPECT_NEAR(NewmanModularity(SumClusters(graph, planted.labels, planted.clusters, context_)), 0.5, 1e-9);
}

TEST_F(ComposedModelTest, GroupsThatAreNotInThePartitionAreRefused) {
  const std::string part = Build("part.pt", MlpOf({6, 9, 4}), 1);
  Model plain = Model::Load(part);
  EXPECT_EQ(ComposedParts(plain), 0);
  EXPECT_THROW(PlantedPartition(plain, plain.Read({}, context_)), Error);
  Model model = Engineered();
  EXPECT_THROW(PlantedPartition(model, plain.Read({}, context_)), Error);
}

TEST_F(ComposedModelTest, FreezeAllLeavesTheBridge) {
  Model model = Engineered(0.1);
  TrainingOptions options;
  Freeze(model, FreezeMode::kAll, options);
  std::sort(options.freeze.begin(), options.freeze.end());
  EXPECT_EQ(options.freeze,
            (std::vector<std::string>{"head.fc1.bias", "head.fc1.weight", "head.fc2.bias", "head.fc2.weight",
                                      "stack.fc1.bias", "stack.fc1.weight", "stack.fc2.bias", "stack.fc2.weight"}));
  EXPECT_TRUE(options.masks.empty());
}

TEST_F(ComposedModelTest, FreezeCrossFreeMasksTheDiagonal) {
  Model model = Engineered();
  TrainingOptions options;
  options.masks.push_back({"stack.fc1.weight", std::vector<uint8_t>(18 * 12, 1)});
  Freeze(model, FreezeMode::kCrossFree, options);
  ASSERT_EQ(options.masks.size(), 3u) << "beside those that there are";
  EXPECT_EQ(options.masks[1].parameter, "stack.fc1.weight");
  EXPECT_EQ(options.masks[1].trained[0], 0) << "of part 1";
  EXPECT_EQ(options.masks[1].trained[6], 1) << "row 0, column 6: a cross connection";
  EXPECT_EQ(options.masks[2].parameter, "stack.fc2.weight");
  EXPECT_EQ(std::count(options.masks[2].trained.begin(), options.masks[2].trained.end(), 1), 2 * 4 * 9);
  EXPECT_EQ(options.freeze.size(), 6u);
}

TEST_F(ComposedModelTest, BatchNormsKeepTheirStatistics) {
  const std::string part = Build("part.pt", CnnOf(1, 3), 1);
  ComposeFiles({part, part}, "", {});
  Model model = Model::Load(Path("composed.pt"));
  TrainingOptions options;
  Freeze(model, FreezeMode::kCrossFree, options);
  EXPECT_EQ(options.fixed_statistics, (std::vector<std::string>{"stack.bn1", "stack.bn2"}));
  TrainingOptions none;
  Freeze(model, FreezeMode::kNone, none);
  EXPECT_TRUE(none.freeze.empty() && none.masks.empty() && none.fixed_statistics.empty());
}

TEST_F(ComposedModelTest, BatchNormsWithoutScaleAndShiftKeepTheirStatistics) {
  const std::string part =
      Define("part.pt",
             "def forward(self, x):\n"
             "    x = torch.linear(x, self.w)\n"
             "    return torch.batch_norm(x, None, None, self.mean, self.variance, self.training, 0.1, 1e-05, True)\n",
             {{"w", at::randn({4, 6})}, {"mean", at::randn({4})}, {"variance", at::rand({4}) + 1}});
  CompositionOptions options;
  options.bridge = true;
  ComposeFiles({part, part}, "", options);
  for (const FreezeMode mode : {FreezeMode::kAll, FreezeMode::kCrossFree}) {
    Model model = Model::Load(Path("composed.pt"));
    TrainingOptions frozen;
    Freeze(model, mode, frozen);
    EXPECT_EQ(frozen.fixed_statistics, std::vector<std::string>{"stack.bn1"});
  }
}

TEST_F(ComposedModelTest, AttributesOfSomebodyElsesMakingAreNotBelieved) {
  const std::string part = Build("part.pt", MlpOf({6, 9, 4}), 1);
  Model plain = Model::Load(part);
  const UnitGraph graph = plain.Read({}, context_);
  const auto forge = [&](const at::Tensor& labels) {
    torch::jit::Module module = torch::jit::load(part);
    c10::impl::GenericDict tensors(c10::StringType::get(), c10::TensorType::get());
    for (const Group& group : graph.groups()) tensors.insert(group.name, labels);
    const auto type = c10::DictType::create(c10::StringType::get(), c10::TensorType::get());
    module.register_attribute("composed_parts", c10::IntType::get(), int64_t{2});
    module.register_attribute("planted_partition", type, tensors);
    module.register_attribute("gradient_masks", type, tensors);
    module.save(Path("forged.pt"));
    return Model::Load(Path("forged.pt"));
  };
  Model too_short = forge(at::zeros({3}, at::kLong));
  EXPECT_THROW(PlantedPartition(too_short, graph), Error);
  Model no_part = forge(at::full({6}, 99, at::kLong));
  EXPECT_THROW(PlantedPartition(no_part, graph), Error);
  Model of_floats = forge(at::zeros({6}));
  EXPECT_THROW(PlantedPartition(of_floats, graph), Error);
  TrainingOptions options;
  Freeze(of_floats, FreezeMode::kAll, options);
  EXPECT_TRUE(options.freeze.empty());
}

TEST_F(ComposedModelTest, FreezingWhatWasNotComposedIsRefused) {
  Model plain = Model::Load(Build("part.pt", MlpOf({6, 9, 4}), 1));
  TrainingOptions options;
  EXPECT_THROW(Freeze(plain, FreezeMode::kAll, options), Error);
}

}  // namespace
}  // namespace modlab
