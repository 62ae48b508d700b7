#include "server/worker/series_csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

std::string Number(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : ""; }

/// Between quotation marks, which are doubled inside.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::set<std::string> ParameterNames(const TrainingResult& result) {
  std::set<std::string> names;
  for (const EpochRecord& record : result.series) {
    for (const auto& [name, value] : record.goal.parameters) names.insert(name);
  }
  return names;
}

void AppendPerformance(const std::optional<Performance>& performance, bool with_normalized, int metrics,
                       std::vector<std::string>& fields) {
  fields.push_back(performance ? Number(performance->loss) : "");
  if (with_normalized) fields.push_back(performance ? Number(performance->normalized_loss) : "");
  for (int i = 0; i < metrics; ++i) {
    fields.push_back(performance ? Number(performance->metrics[static_cast<size_t>(i)]) : "");
  }
}

}  // namespace

const char* MetricName(int metric) {
  switch (metric) {
    case v1::ROUNDED_ACCURACY:
      return "rounded_accuracy";
    case v1::R_SQUARED:
      return "r_squared";
    default:
      return "accuracy";
  }
}

void WriteSeriesCsv(const std::filesystem::path& path, const TrainingResult& result, const v1::TrainSpec& spec) {
  const std::set<std::string> parameters = ParameterNames(result);
  std::vector<std::string> header = {"epoch", "step", "goal"};
  for (const std::string& name : parameters) header.push_back(name);
  for (const char* name : {"learning_rate", "loss", "normalized_loss"}) header.emplace_back(name);
  for (const int metric : spec.metrics()) header.emplace_back(MetricName(metric));
  header.emplace_back("evaluation_loss");
  for (const int metric : spec.metrics()) header.push_back(std::string("evaluation_") + MetricName(metric));
  for (const char* name : {"clusterability", "sparsity", "modularity", "ncut", "clusters", "z", "p", "agreement"}) {
    header.emplace_back(name);
  }
  std::string text = fmt::format("{}\n", fmt::join(header, ","));
  for (const EpochRecord& record : result.series) {
    std::vector<std::string> fields = {std::to_string(record.epoch), std::to_string(record.step),
                                       Quoted(spec.goals(record.goal.goal))};
    for (const std::string& name : parameters) {
      const auto found = record.goal.parameters.find(name);
      fields.push_back(found == record.goal.parameters.end() ? "" : Number(found->second));
    }
    fields.push_back(Number(record.learning_rate));
    AppendPerformance(record.training, true, spec.metrics_size(), fields);
    AppendPerformance(record.evaluation, false, spec.metrics_size(), fields);
    fields.push_back(Number(record.clusterability));
    fields.push_back(Number(record.sparsity));
    const auto& modularity = record.modularity;
    fields.push_back(modularity ? Number(modularity->modularity) : "");
    fields.push_back(modularity ? Number(modularity->ncut) : "");
    fields.push_back(modularity ? std::to_string(modularity->clusters) : "");
    fields.push_back(modularity ? Number(modularity->z) : "");
    fields.push_back(modularity ? Number(modularity->p) : "");
    fields.push_back(modularity ? Number(modularity->agreement) : "");
    text += fmt::format("{}\n", fmt::join(fields, ","));
  }
  WriteFileAtomically(path, text);
}

}  // namespace modlab::server
