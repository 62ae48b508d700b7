#include "core/train/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "core/dataset/tensor_file.h"
#include "core/error.h"

namespace modlab {
namespace {

using nlohmann::json;

json ToJson(const std::optional<double>& value) { return value ? json(*value) : json(); }
void FromJson(const json& text, std::optional<double>& value) {
  if (!text.is_null()) value = text.get<double>();
}

json ToJson(const std::optional<Performance>& performance) {
  if (!performance) return {};
  return {{"loss", performance->loss},
          {"normalized", ToJson(performance->normalized_loss)},
          {"metrics", performance->metrics}};
}

void FromJson(const json& text, std::optional<Performance>& performance) {
  if (text.is_null()) return;
  performance.emplace();
  performance->loss = text.at("loss").get<double>();
  FromJson(text.at("normalized"), performance->normalized_loss);
  performance->metrics = text.at("metrics").get<std::vector<double>>();
}

json ToJson(const std::optional<ModularityRecord>& record) {
  if (!record) return {};
  return {{"modularity", record->modularity}, {"ncut", record->ncut},   {"clusters", record->clusters},
          {"z", ToJson(record->z)},           {"p", ToJson(record->p)}, {"agreement", ToJson(record->agreement)}};
}

void FromJson(const json& text, std::optional<ModularityRecord>& record) {
  if (text.is_null()) return;
  record.emplace();
  record->modularity = text.at("modularity").get<double>();
  record->ncut = text.at("ncut").get<double>();
  record->clusters = text.at("clusters").get<int>();
  FromJson(text.at("z"), record->z);
  FromJson(text.at("p"), record->p);
  FromJson(text.at("agreement"), record->agreement);
}

json ToJson(const EpochRecord& record) {
  return {{"epoch", record.epoch},
          {"step", record.step},
          {"goal", record.goal.goal},
          {"parameters", record.goal.parameters},
          {"rate", record.learning_rate},
          {"training", ToJson(record.training)},
          {"evaluation", ToJson(record.evaluation)},
          {"clusterability", ToJson(record.clusterability)},
          {"sparsity", ToJson(record.sparsity)},
          {"modularity", ToJson(record.modularity)}};
}

EpochRecord RecordFromJson(const json& text) {
  EpochRecord record;
  record.epoch = text.at("epoch").get<int64_t>();
  record.step = text.at("step").get<int64_t>();
  record.goal.goal = text.at("goal").get<int>();
  record.goal.parameters = text.at("parameters").get<std::map<std::string, double>>();
  record.learning_rate = text.at("rate").get<double>();
  FromJson(text.at("training"), record.training);
  FromJson(text.at("evaluation"), record.evaluation);
  FromJson(text.at("clusterability"), record.clusterability);
  FromJson(text.at("sparsity"), record.sparsity);
  FromJson(text.at("modularity"), record.modularity);
  return record;
}

void SyncDirectoryOf(const std::filesystem::path& path) {
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // in a sandbox that does not allow it the rename is as safe as can be had
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void WriteCheckpoint(const std::filesystem::path& path, const TrainingState& state) {
  json text = {{"epoch", state.epoch},
               {"position", state.position},
               {"step", state.step},
               {"seconds", state.seconds},
               {"best_loss", state.best_loss},
               {"best_epoch", state.best_epoch},
               {"sums", state.sums},
               {"stopped_by", state.stopped_by},
               {"modularity_records", state.modularity_records},
               {"clusterability", ToJson(state.clusterability)},
               {"warnings", state.warnings},
               {"series", json::array()}};
  for (const EpochRecord& record : state.series) text["series"].push_back(ToJson(record));
  const std::filesystem::path temporary = path.string() + ".tmp";
  WriteTensorFile(temporary, state.tensors, {{"training", text.dump()}});
  std::filesystem::rename(temporary, path);
  SyncDirectoryOf(path);
}

TrainingState ReadCheckpoint(const std::filesystem::path& path) {
  const TensorFile file = TensorFile::Open(path, "the checkpoint");
  try {
    const json text = json::parse(file.metadata().at("training"));
    TrainingState state;
    state.epoch = text.at("epoch").get<int64_t>();
    state.position = text.at("position").get<int64_t>();
    state.step = text.at("step").get<int64_t>();
    state.seconds = text.at("seconds").get<double>();
    state.best_loss = text.at("best_loss").get<double>();
    state.best_epoch = text.at("best_epoch").get<int64_t>();
    state.stopped_by = text.at("stopped_by").get<std::string>();
    state.sums = text.at("sums").get<std::vector<double>>();
    state.modularity_records = text.at("modularity_records").get<int>();
    FromJson(text.at("clusterability"), state.clusterability);
    state.warnings = text.at("warnings").get<std::vector<std::string>>();
    for (const json& record : text.at("series")) state.series.push_back(RecordFromJson(record));
    state.tensors = file.tensors();
    return state;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kDataInvalid, std::string("the checkpoint is damaged: ") + error.what());
  }
}

}  // namespace modlab
