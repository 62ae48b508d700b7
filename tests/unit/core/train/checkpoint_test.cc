#include "core/train/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"

namespace modlab {
namespace {

std::filesystem::path PathOfTest() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / test->name();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder / "checkpoint";
}

TrainingState SomeState() {
  TrainingState state;
  state.epoch = 3;
  state.position = 7;
  state.step = 67;
  state.seconds = 0.1;
  state.best_loss = 1e300;
  state.best_epoch = 2;
  state.sums = {1.0 / 3, 2};
  state.modularity_records = 1;
  state.clusterability = 0.25;
  state.warnings = {"take care: \"quoted\""};
  EpochRecord record;
  record.epoch = 1;
  record.step = 20;
  record.goal = {1, {{"a", 1.0 / 7}}};
  record.learning_rate = 1e-3;
  record.training.emplace();
  record.training->loss = 0.1 + 0.2;
  record.training->metrics = {0.5};
  record.modularity.emplace();
  record.modularity->modularity = 1.0 / 9;
  record.modularity->agreement = 0.3;
  state.series = {EpochRecord(), record};
  state.tensors = {{"model/w", MakeArray<float>({2, 2}, {1, -0.0F, 3e-42F, 4})}};
  return state;
}

TEST(Checkpoint, ComesBackToTheBit) {
  const auto path = PathOfTest();
  WriteCheckpoint(path, SomeState());
  const TrainingState back = ReadCheckpoint(path);
  const TrainingState was = SomeState();
  EXPECT_EQ(back.epoch, was.epoch);
  EXPECT_EQ(back.position, was.position);
  EXPECT_EQ(back.step, was.step);
  EXPECT_EQ(back.seconds, was.seconds);
  EXPECT_EQ(back.best_loss, was.best_loss);
  EXPECT_EQ(back.sums, was.sums);
  EXPECT_EQ(back.clusterability, was.clusterability);
  EXPECT_EQ(back.warnings, was.warnings);
  ASSERT_EQ(back.series.size(), 2U);
  EXPECT_FALSE(back.series[0].training);
  EXPECT_FALSE(back.series[0].modularity);
  EXPECT_EQ(back.series[1].goal.parameters, was.series[1].goal.parameters);
  EXPECT_EQ(back.series[1].training->loss, was.series[1].training->loss);
  EXPECT_FALSE(back.series[1].training->normalized_loss);
  EXPECT_EQ(back.series[1].modularity->modularity, was.series[1].modularity->modularity);
  EXPECT_EQ(back.series[1].modularity->agreement, was.series[1].modularity->agreement);
  EXPECT_EQ(back.series[1].modularity->clusters, was.series[1].modularity->clusters);
  EXPECT_FALSE(back.series[1].modularity->z);
  EXPECT_FALSE(back.series[1].evaluation);
  EXPECT_EQ(back.series[1].training->metrics, was.series[1].training->metrics);
  ASSERT_EQ(back.tensors.size(), 2U) << "the series is one, too";
  const auto bytes = back.tensors[0].array.bytes;
  const auto expected = was.tensors[0].array.bytes;
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), expected.begin(), expected.end()));
}

TEST(Checkpoint, HoldsManyEpochs) {
  const auto path = PathOfTest();
  TrainingState state = SomeState();
  const EpochRecord record = state.series[1];
  constexpr int64_t epochs = 200'000;
  for (int64_t epoch = 2; epoch < epochs; ++epoch) {
    state.series.push_back(record);
    state.series.back().epoch = epoch;
  }
  WriteCheckpoint(path, state);
  EXPECT_LT(std::filesystem::file_size(path), epochs * 8 * 20);
  const TrainingState back = ReadCheckpoint(path);
  ASSERT_EQ(back.series.size(), static_cast<size_t>(epochs));
  EXPECT_EQ(back.series.back().epoch, epochs - 1);
  EXPECT_EQ(back.series.back().training->metrics, record.training->metrics);
}

TEST(Checkpoint, AFullDiskLeavesTheOneBeforeWhole) {
  const auto path = PathOfTest();
  WriteCheckpoint(path, SomeState());
  std::filesystem::create_symlink("/dev/full", path.string() + ".tmp");
  EXPECT_THROW(WriteCheckpoint(path, SomeState()), std::system_error);
  EXPECT_EQ(ReadCheckpoint(path).step, 67);
}

TEST(Checkpoint, ADamagedOneSaysSo) {
  const auto path = PathOfTest();
  WriteCheckpoint(path, SomeState());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  try {
    ReadCheckpoint(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDataInvalid);
    EXPECT_NE(std::string(error.what()).find("checkpoint"), std::string::npos);
  }
}

}  // namespace
}  // namespace modlab
