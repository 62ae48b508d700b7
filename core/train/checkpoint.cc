#include "core/train/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "core/dataset/tensor_file.h"
#include "core/error.h"
#include "core/train/series_table.h"
#include "core/train/tensor_state.h"

namespace modlab {
namespace {

using nlohmann::json;

/// The tensor that is the series.
const std::string kSeries = "series";

json ToJson(const std::optional<double>& value) { return value ? json(*value) : json(); }
void FromJson(const json& text, std::optional<double>& value) {
  if (!text.is_null()) value = text.get<double>();
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
  const SeriesTable series = ToTable(state.series);
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
               {"series", {{"parameters", series.parameters}, {"metrics", series.metrics}}}};
  std::vector<NamedArray> tensors = state.tensors;
  tensors.push_back({kSeries, series.rows});
  const std::filesystem::path temporary = path.string() + ".tmp";
  WriteTensorFile(temporary, tensors, {{"training", text.dump()}});
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
    state.tensors = file.tensors();
    SeriesTable series;
    series.parameters = text.at("series").at("parameters").get<std::vector<std::string>>();
    series.metrics = text.at("series").at("metrics").get<int64_t>();
    series.rows = RequireArray(state.tensors, kSeries);
    state.series = FromTable(series);
    return state;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kDataInvalid, std::string("the checkpoint is damaged: ") + error.what());
  }
}

}  // namespace modlab
