#include "server/worker/train.h"

#include <filesystem>
#include <string>
#include <utility>

#include "core/compose/composed_model.h"
#include "core/dataset/dataset.h"
#include "core/dataset/tensor_file.h"
#include "core/error.h"
#include "core/graph/model_reader.h"
#include "core/train/trainer.h"
#include "server/executor/labels_file.h"
#include "server/worker/mapping.h"
#include "server/worker/series_csv.h"
#include "server/worker/training_mapping.h"

namespace modlab::server {
namespace {

constexpr const char* kSeriesFile = "series.csv";
constexpr const char* kPartitionsFile = "partitions.npy";
constexpr const char* kLastGoodFile = "last-good.pt";

Dataset OpenDataset(const std::filesystem::path& path, const std::string& name) {
  const TensorFile file = TensorFile::Open(path, name);
  return {file.tensors()};  // which keep the mapping alive
}

/// What the model takes, for one that had not been inspected when it was to be trained; nothing where it does not tell.
void DeriveInputShape(Model& model, TrainingOptions& options, RunContext& context) {
  ReaderOptions& reader = options.modularity.graph;
  if (!reader.input_shapes.empty()) return;
  try {
    reader.input_shapes = model.InputShapes(reader, context);
    options.input_shape = reader.input_shapes.front().dimensions;
  } catch (const Error&) {
    reader.input_shapes.clear();
  }
}

FreezeMode ToFreezeMode(v1::TrainSpec::FreezeMode mode) {
  switch (mode) {
    case v1::TrainSpec::FREEZE_ALL:
      return FreezeMode::kAll;
    case v1::TrainSpec::FREEZE_CROSS_FREE:
      return FreezeMode::kCrossFree;
    default:
      return FreezeMode::kNone;
  }
}

/// An epoch's numbers as events of series.
void Tell(const EpochRecord& record, const v1::TrainSpec& spec, EventSink& events) {
  const auto epoch = static_cast<int32_t>(record.epoch);
  const auto tell = [&](const std::string& name, const std::optional<double>& value) {
    if (value) events.Metric(name, epoch, *value);
  };
  const auto tell_performance = [&](const std::string& prefix, const std::optional<Performance>& performance) {
    if (!performance) return;
    tell(prefix + "loss", performance->loss);
    tell(prefix + "normalized_loss", performance->normalized_loss);
    for (int i = 0; i < spec.metrics_size(); ++i) {
      tell(prefix + MetricName(spec.metrics(i)), performance->metrics[static_cast<size_t>(i)]);
    }
  };
  tell("goal", record.goal.goal);
  for (const auto& [name, value] : record.goal.parameters) tell("goal." + name, value);
  tell("learning_rate", record.learning_rate);
  tell_performance("", record.training);
  tell_performance("evaluation_", record.evaluation);
  tell("clusterability", record.clusterability);
  tell("sparsity", record.sparsity);
  if (!record.modularity) return;
  tell("modularity", record.modularity->modularity);
  tell("ncut", record.modularity->ncut);
  tell("clusters", record.modularity->clusters);
  tell("z", record.modularity->z);
  tell("agreement", record.modularity->agreement);
}

/// Leaves the model as it was before the loss was not finite any more.
void SaveLastGood(const AttemptDirectory& directory, google::protobuf::RepeatedPtrField<std::string>& artifacts) {
  namespace fs = std::filesystem;
  Model model = Model::Load(directory.model());
  for (const fs::path& checkpoint : {directory.checkpoint(), directory.given_checkpoint()}) {
    if (!fs::exists(checkpoint)) continue;
    RestoreModel(model, checkpoint);
    break;
  }
  SaveModel(model, directory.artifacts() / kLastGoodFile);
  *artifacts.Add() = kLastGoodFile;
}

void AppendTimings(const TrainingResult& result, std::vector<v1::PhaseTiming>& timings) {
  const auto& seconds = result.step_seconds;
  for (const auto& [phase, time] :
       {std::pair("step.batch", seconds.batch), std::pair("step.forward", seconds.forward),
        std::pair("step.backward", seconds.backward), std::pair("step.update", seconds.update)}) {
    v1::PhaseTiming& timing = timings.emplace_back();
    timing.set_phase(phase);
    timing.set_seconds(time);
  }
}

}  // namespace

v1::TrainResult TrainModel(const v1::TrainSpec& spec, const v1::InputNormalization& normalization, uint32_t seed,
                           const AttemptDirectory& directory, EventSink& events, RunContext& context,
                           google::protobuf::RepeatedPtrField<std::string>& artifacts,
                           std::vector<v1::PhaseTiming>& timings) {
  context.Report("load");
  Model model = Model::Load(directory.model());
  const Dataset data = OpenDataset(directory.data(), spec.data());
  Dataset evaluation;
  if (!spec.evaluation_data().empty()) {
    evaluation = OpenDataset(directory.input(kEvaluationDataFile), spec.evaluation_data());
  }
  TrainingOptions options = ToTrainingOptions(spec, normalization, model.tensors(), seed);
  Freeze(model, ToFreezeMode(spec.freeze_mode()), options);
  DeriveInputShape(model, options, context);
  TrainingHooks hooks;
  hooks.epoch = [&](const EpochRecord& record) { Tell(record, spec, events); };
  hooks.progress = [&](double fraction, const std::string& detail) { events.Progress("train", fraction, detail); };
  hooks.checkpoint = directory.checkpoint();
  hooks.resume_from = directory.given_checkpoint();
  if (std::filesystem::exists(hooks.resume_from)) events.Log(v1::LogLine::INFO, "going on from the last checkpoint");
  events.Progress("train", 0.0);
  TrainingResult result;
  try {
    result = Train(model, data, spec.evaluation_data().empty() ? nullptr : &evaluation, options, hooks, context);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kLossNotFinite) SaveLastGood(directory, artifacts);
    throw;
  }
  AppendTimings(result, timings);
  events.Progress("write", std::nullopt);
  for (const std::string& warning : result.warnings) events.Log(v1::LogLine::WARNING, warning);
  SaveModel(model, directory.product());
  WriteSeriesCsv(directory.artifacts() / kSeriesFile, result, spec);
  *artifacts.Add() = kSeriesFile;
  if (result.partition_records > 0) {
    WritePartitionsFile(directory.artifacts() / kPartitionsFile, result.partitions, result.partition_records);
    *artifacts.Add() = kPartitionsFile;
  }
  return ToProto(result, spec);
}

}  // namespace modlab::server
