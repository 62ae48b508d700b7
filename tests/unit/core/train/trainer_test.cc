#include "core/train/trainer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/build/model_builder.h"

namespace modlab {
namespace {

namespace fs = std::filesystem;

constexpr int kSamples = 400;
constexpr int kFeatures = 6;

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / (std::string("trainer_test_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    NetworkDescription network;
    network.input_shape = {kFeatures};
    network.layers = {LinearLayer{16}, LinearLayer{8}, LinearLayer{1}};
    BuildModel(network, 3, folder_ / "model.pt");
    std::vector<float> x;
    std::vector<float> y;
    for (int i = 0; i < kSamples; ++i) {
      for (int j = 0; j < kFeatures; ++j) x.push_back(static_cast<float>((i * 37 + j * 11) % 29) / 29);
      y.push_back(x[static_cast<size_t>(i) * kFeatures] + x[static_cast<size_t>(i) * kFeatures + 1]);
    }
    data_.tensors.push_back({"x", MakeArray<float>({kSamples, kFeatures}, x)});
    data_.tensors.push_back({"y", MakeArray<float>({kSamples}, y)});
    options_.epochs = 6;
    options_.batch_size = 50;
    options_.validation_fraction = 0.25;
    options_.metrics = {Metric::kRSquared};
    options_.modularity.every_epochs = 2;
    options_.modularity.null_models = 3;
    options_.checkpoint_epochs = 1;
    hooks_.checkpoint = folder_ / "checkpoint";
  }
  ~TrainerTest() override { fs::remove_all(folder_); }

  TrainingResult TrainIt(RunContext& context) {
    model_.emplace(Model::Load(folder_ / "model.pt"));
    return Train(*model_, data_, nullptr, options_, hooks_, context);
  }

  std::string Trained() {
    SaveModel(*model_, folder_ / "trained.pt");
    std::ifstream file(folder_ / "trained.pt", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  /// Of everything that must not depend on where a training was broken off.
  std::string Told(const TrainingResult& result) {
    std::ostringstream text;
    text.precision(17);
    text << result.epochs << ' ' << result.steps << ' ' << result.stopped_by << '\n';
    for (const EpochRecord& record : result.series) {
      text << record.epoch << ' ' << (record.training ? record.training->loss : -1) << ' '
           << (record.evaluation ? record.evaluation->loss : -1) << ' '
           << (record.modularity ? record.modularity->modularity : -1) << ' '
           << (record.modularity ? record.modularity->z.value_or(-1) : -1) << '\n';
    }
    for (const GoalEvaluation& evaluation : result.evaluations) text << evaluation.performance.loss << '\n';
    for (const int label : result.partitions) text << label << ' ';
    return text.str() + Trained();
  }

  fs::path folder_;
  Dataset data_;
  TrainingOptions options_;
  TrainingHooks hooks_;
  std::optional<Model> model_;
};

TEST_F(TrainerTest, LearnsAndTellsOfEachEpoch) {
  options_.epochs = 60;
  options_.learning_rate = 0.01;
  std::vector<int64_t> told;
  hooks_.epoch = [&](const EpochRecord& record) { told.push_back(record.epoch); };
  RunContext context;
  const TrainingResult result = TrainIt(context);
  ASSERT_EQ(told.size(), 61U);
  for (int64_t epoch = 0; epoch <= 60; ++epoch) EXPECT_EQ(told[static_cast<size_t>(epoch)], epoch);
  EXPECT_EQ(result.steps, 60 * 6);
  EXPECT_GT(result.evaluations.at(0).performance.metrics.at(0), 0.9);
  EXPECT_EQ(result.partition_records, 31);
}

/// Cancels a training at a moment, and lets another go on from its checkpoint: it must come to the same end.
class Cancelled : public TrainerTest {
 protected:
  void CancelAndGoOn(const std::function<void(RunContext&)>& prepare) {
    RunContext undisturbed;
    const std::string expected = Told(TrainIt(undisturbed));
    fs::remove(hooks_.checkpoint);
    {
      RunContext context;
      prepare(context);
      const TrainingResult result = TrainIt(context);
      hooks_.progress = [](double, const std::string&) {};
      hooks_.epoch = [](const EpochRecord&) {};
      cancelled_ = result.stopped_by == "cancelled";
      EXPECT_EQ(result.evaluations.empty(), context.cancelled());
      EXPECT_FALSE(Trained().empty());
    }
    hooks_.resume_from = hooks_.checkpoint;
    RunContext context;
    EXPECT_EQ(Told(TrainIt(context)), expected);
  }

  bool cancelled_ = false;
};

TEST_F(Cancelled, WhileSamplesAreEvaluated) {
  CancelAndGoOn([&](RunContext& context) {
    // So slow that every step is told, and that samples are evaluated, too.
    hooks_.progress = [&](double fraction, const std::string& detail) {
      if (fraction > 0.5 && detail.rfind("evaluated ", 0) == 0) context.Cancel();
      std::this_thread::sleep_for(std::chrono::milliseconds(110));
    };
  });
  EXPECT_TRUE(cancelled_);
}

TEST_F(Cancelled, WhileModularityIsMeasured) {
  options_.modularity.null_models = 100;
  std::optional<std::thread> canceller;
  std::atomic<bool> over = false;
  CancelAndGoOn([&](RunContext& context) {
    hooks_.epoch = [&](const EpochRecord& record) {
      // Epoch 2's modularity is measured before it is told, epoch 1 and the steps after it take hardly any time.
      if (record.epoch != 1) return;
      canceller.emplace([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        context.Cancel();
        over = true;
      });
    };
  });
  canceller->join();
  EXPECT_TRUE(over);
  EXPECT_TRUE(cancelled_);
}

TEST_F(Cancelled, AfterTheLastStepOfAnEpoch) {
  int64_t steps = 0;
  options_.modularity.every_epochs = 1;
  CancelAndGoOn([&](RunContext& context) {
    hooks_.epoch = [&](const EpochRecord& record) {
      steps = record.step;
      if (record.epoch == 3) context.Cancel();
    };
  });
  EXPECT_EQ(steps % 6, 0);
  EXPECT_TRUE(cancelled_);
}

}  // namespace
}  // namespace modlab
