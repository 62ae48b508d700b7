#include "core/train/series_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "core/error.h"

namespace modlab {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

/// Epoch, step, goal, rate, clusterability, sparsity, and six of modularity.
constexpr int64_t kPlainColumns = 12;
/// Loss and normalised loss, besides the metrics.
constexpr int64_t kColumnsOfPerformance = 2;

int64_t ColumnsOf(const SeriesTable& table) {
  return kPlainColumns + 2 * (kColumnsOfPerformance + table.metrics) + static_cast<int64_t>(table.parameters.size());
}

/// Writes a row, column after column.
class RowWriter {
 public:
  explicit RowWriter(double* next) : next_(next) {}

  void Put(double value) { *next_++ = value; }
  void Put(const std::optional<double>& value) { Put(value.value_or(kAbsent)); }
  void Put(const std::optional<Performance>& performance, int64_t metrics) {
    Put(performance ? performance->loss : kAbsent);
    Put(performance ? performance->normalized_loss : std::nullopt);
    for (int64_t i = 0; i < metrics; ++i) Put(performance ? performance->metrics.at(static_cast<size_t>(i)) : kAbsent);
  }

 private:
  double* next_;
};

/// Reads it again.
class RowReader {
 public:
  explicit RowReader(const double* next) : next_(next) {}

  double Number() { return *next_++; }
  int64_t Integer() { return static_cast<int64_t>(Number()); }
  std::optional<double> Optional() {
    const double value = Number();
    return std::isnan(value) ? std::nullopt : std::optional(value);
  }
  std::optional<Performance> PerformanceOf(int64_t metrics) {
    Performance performance;
    performance.loss = Number();
    performance.normalized_loss = Optional();
    for (int64_t i = 0; i < metrics; ++i) performance.metrics.push_back(Number());
    return std::isnan(performance.loss) ? std::nullopt : std::optional(performance);
  }

 private:
  const double* next_;
};

void PutModularity(const std::optional<ModularityRecord>& record, RowWriter& row) {
  row.Put(record ? record->modularity : kAbsent);
  row.Put(record ? record->ncut : kAbsent);
  row.Put(record ? record->clusters : kAbsent);
  row.Put(record ? record->z : std::nullopt);
  row.Put(record ? record->p : std::nullopt);
  row.Put(record ? record->agreement : std::nullopt);
}

std::optional<ModularityRecord> ModularityOf(RowReader& row) {
  ModularityRecord record;
  record.modularity = row.Number();
  record.ncut = row.Number();
  const double clusters = row.Number();
  record.z = row.Optional();
  record.p = row.Optional();
  record.agreement = row.Optional();
  if (std::isnan(record.modularity)) return std::nullopt;
  record.clusters = static_cast<int>(clusters);
  return record;
}

}  // namespace

SeriesTable ToTable(const std::vector<EpochRecord>& series) {
  SeriesTable table;
  std::set<std::string> parameters;
  for (const EpochRecord& record : series) {
    for (const auto& [name, value] : record.goal.parameters) parameters.insert(name);
    for (const auto& performance : {record.training, record.evaluation}) {
      if (performance) table.metrics = std::max(table.metrics, static_cast<int64_t>(performance->metrics.size()));
    }
  }
  table.parameters.assign(parameters.begin(), parameters.end());
  const int64_t columns = ColumnsOf(table);
  NewArray rows(ElementType::kFloat64, {static_cast<int64_t>(series.size()), columns});
  auto* target = rows.Target<double>();
  for (const EpochRecord& record : series) {
    RowWriter row(target);
    row.Put(static_cast<double>(record.epoch));
    row.Put(static_cast<double>(record.step));
    row.Put(record.goal.goal);
    row.Put(record.learning_rate);
    row.Put(record.clusterability);
    row.Put(record.sparsity);
    PutModularity(record.modularity, row);
    row.Put(record.training, table.metrics);
    row.Put(record.evaluation, table.metrics);
    for (const std::string& name : table.parameters) {
      const auto found = record.goal.parameters.find(name);
      row.Put(found != record.goal.parameters.end() ? found->second : kAbsent);
    }
    target += columns;
  }
  table.rows = rows.array;
  return table;
}

std::vector<EpochRecord> FromTable(const SeriesTable& table) {
  const int64_t columns = ColumnsOf(table);
  if (table.rows.shape.size() != 2 || table.rows.shape[1] != columns) {
    throw Error(ErrorKind::kDataInvalid, "a series of epochs does not have " + std::to_string(columns) + " columns");
  }
  const double* next = table.rows.Values<double>().data();
  std::vector<EpochRecord> series(static_cast<size_t>(table.rows.rows()));
  for (EpochRecord& record : series) {
    RowReader row(next);
    record.epoch = row.Integer();
    record.step = row.Integer();
    record.goal.goal = static_cast<int>(row.Integer());
    record.learning_rate = row.Number();
    record.clusterability = row.Optional();
    record.sparsity = row.Optional();
    record.modularity = ModularityOf(row);
    record.training = row.PerformanceOf(table.metrics);
    record.evaluation = row.PerformanceOf(table.metrics);
    for (const std::string& name : table.parameters) {
      if (const auto value = row.Optional()) record.goal.parameters[name] = *value;
    }
    next += columns;
  }
  return series;
}

}  // namespace modlab
