#include "client/output/scores_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "client/names.h"
#include "client/output/columns.h"
#include "client/output/grid.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"
#include "client/output/training_text.h"

namespace modlab::client {
namespace {

using Align = Grid::Align;
using RowColumn = Column<v1::ScoreRow>;

std::string GridText(const Cells& cells, std::vector<Align> columns, const TextStyle& style) {
  Grid grid(std::move(columns));
  for (const std::vector<std::string>& row : cells) grid.Add(row);
  return grid.Text(style);
}

int WidthOf(const std::string& text) {
  int width = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) width = std::max(width, DisplayWidth(line));
  return width;
}

/// Of all rows.
std::vector<std::string> LabelKeys(const v1::CompareScoresResponse& comparison) {
  std::set<std::string> keys;
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const auto& [key, value] : row.labels()) keys.insert(key);
  }
  return {keys.begin(), keys.end()};
}

std::string LabelOf(const v1::ScoreRow& row, const std::string& key) {
  const auto found = row.labels().find(key);
  return found == row.labels().end() ? "" : found->second;
}

std::optional<double> PerformanceOf(const v1::ScoreRow& row, const std::string& name) {
  const auto found = row.performance().find(name);
  return found == row.performance().end() ? std::nullopt : std::optional(found->second);
}

/// A column of what `text` says of the row's partition that was found in this way.
template <typename Text>
RowColumn PartitionColumn(const std::string& heading, const ScoredMethod& method, const Text& text) {
  return {heading,
          [=](const v1::ScoreRow& row) {
            const v1::ScoredPartition* partition = PartitionOf(row, method);
            return partition == nullptr ? std::string("-") : text(*partition);
          },
          RowColumn::Shown::kAlways, Align::kRight};
}

constexpr int kQuantities = 6;

/// Of one method the first `quantities` of Q, z, p, null Q, n-cut and clusters, side by side.
std::vector<RowColumn> MethodColumns(const ScoredMethod& method, int quantities) {
  using Partition = v1::ScoredPartition;
  std::vector<RowColumn> columns = {
      PartitionColumn(Printable(ModularityMeasure(method)), method,
                      [](const Partition& p) { return fmt::format("{:.4f}", p.modularity()); }),
      PartitionColumn("z", method, [](const Partition& p) { return NumberOrDash("{:.1f}", Summarize({&p}).z); }),
      PartitionColumn("p", method,
                      [](const Partition& p) { return NumberOrDash("{:.2g}", Summarize({&p}).largest_p); }),
      PartitionColumn("null Q", method, [](const Partition& p) { return NullModularityText(Summarize({&p})); }),
      PartitionColumn("n-cut", method, [](const Partition& p) { return fmt::format("{:.3f}", p.ncut()); }),
      PartitionColumn("clusters", method, [](const Partition& p) { return std::to_string(p.clusters()); })};
  columns.resize(static_cast<std::size_t>(quantities));
  return columns;
}

/// What a line says of a model before its partitions.
std::vector<RowColumn> ModelColumns(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  std::vector<RowColumn> columns = {{"network", [titles = GroupTitles(comparison)](const v1::ScoreRow& row) {
                                       return titles.at(static_cast<std::size_t>(row.group()));
                                     }}};
  if (style.wide) {
    columns.insert(columns.begin(), {"job", [](const v1::ScoreRow& row) { return IdOf(row.job()); }});
    for (const std::string& key : LabelKeys(comparison)) {
      columns.push_back({Printable(key), [key](const v1::ScoreRow& row) { return Printable(LabelOf(row, key)); }});
    }
  }
  columns.push_back({"units", [](const v1::ScoreRow& row) { return std::to_string(row.units()); },
                     RowColumn::Shown::kAlways, Align::kRight});
  for (const std::string& name : style.wide ? PerformanceNames(comparison) : MetricNames(comparison)) {
    columns.push_back({MetricTitle(name),
                       [name](const v1::ScoreRow& row) { return NumberOrDash("{:.4f}", PerformanceOf(row, name)); },
                       RowColumn::Shown::kAlways, Align::kRight});
  }
  return columns;
}

struct ModelLines {
  std::string text;
  bool is_whole = true;  ///< Whether it says all that there is to say of every model.
};

/// A line for each model, with as much of each method as the width allows, of the one to answer by first.
ModelLines ModelsBlock(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  std::vector<ScoredMethod> methods = MethodsOf(comparison);
  if (const auto main = MainMethod(comparison)) {
    std::stable_partition(methods.begin(), methods.end(),
                          [&](const ScoredMethod& method) { return method.description == main->description; });
  }
  const int count = static_cast<int>(methods.size());
  const int all = kQuantities * count;
  for (int shown = all;; --shown) {
    std::vector<RowColumn> columns = ModelColumns(comparison, style);
    for (int i = 0; i < count; ++i) {
      // Q of all methods comes before z of any.
      const std::vector<RowColumn> own =
          MethodColumns(methods[static_cast<std::size_t>(i)], (shown + count - 1 - i) / count);
      columns.insert(columns.end(), own.begin(), own.end());
    }
    const std::string text = ColumnsText(columns, comparison.rows(), style);
    if (shown == 0 || style.wide || WidthOf(text) <= style.width) return {text + "\n", shown == all};
  }
}

std::string MethodBlock(const v1::CompareScoresResponse& comparison, const ScoredMethod& method,
                        const TextStyle& style) {
  return Bold(Printable(method.description), style) + "\n" +
         GridText(MethodCells(comparison, method),
                  {Align::kLeft, Align::kRight, Align::kRight, Align::kLeft, Align::kRight, Align::kRight,
                   Align::kRight, Align::kRight, Align::kRight},
                  style) +
         "\n";
}

std::string PerformanceBlock(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  const Cells cells = PerformanceCells(comparison);
  if (cells.size() < 2) return "";
  return Bold("what they have learned", style) + "\n" +
         GridText(cells, std::vector<Align>(cells.front().size(), Align::kLeft), style) + "\n";
}

/// Of the main measures; of everything where the style is wide.
std::string DifferencesBlock(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  const std::vector<std::string> main = MainMeasures(comparison);
  const std::vector<std::string> titles = GroupTitles(comparison);
  Cells cells = {{"measure", "difference of", "is", "p", "adjusted"}};
  double least_p = 0;
  for (const v1::GroupDifference& difference : comparison.differences()) {
    const bool is_shown = style.wide || std::find(main.begin(), main.end(), difference.measure()) != main.end();
    if (!is_shown || difference.least_p() >= 1) continue;
    least_p = std::max(least_p, difference.least_p());
    cells.push_back({MetricTitle(difference.measure()),
                     fmt::format("{} − {}", titles[static_cast<std::size_t>(difference.first())],
                                 titles[static_cast<std::size_t>(difference.second())]),
                     fmt::format("{:+.4f}", difference.difference()), fmt::format("{:.2g}", difference.p()),
                     fmt::format("{:.2g}", difference.p_adjusted())});
  }
  if (cells.size() < 2) return "";
  return Bold("differences of means, by permutation", style) + "\n" +
         GridText(cells, {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight}, style) +
         fmt::format(
             "  adjusted for all {} comparisons (Benjamini and Hochberg); so few repetitions give a p of {:.2g} at "
             "least\n\n",
             comparison.differences_size(), least_p);
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

template <typename Number>
std::string CsvNumber(Number number) {
  return fmt::format("{}", number);
}
std::string CsvNumber(std::optional<double> number) { return number ? CsvNumber(*number) : ""; }
std::string CsvNumber(bool there, double number) { return there ? CsvNumber(number) : ""; }

struct CsvColumn {
  std::string heading;
  std::function<std::string(const v1::ScoreRow&, const v1::ScoredPartition&)> field;
};

std::vector<CsvColumn> CsvColumns(const v1::CompareScoresResponse& comparison) {
  using Row = v1::ScoreRow;
  using Partition = v1::ScoredPartition;
  std::vector<CsvColumn> columns = {
      {"group", [&](const Row& row, const Partition&) { return comparison.groups(row.group()).name(); }},
      {"job", [](const Row& row, const Partition&) { return row.job(); }},
      {"model", [](const Row& row, const Partition&) { return row.model(); }},
      {"name", [](const Row& row, const Partition&) { return row.display_name(); }},
      {"units", [](const Row& row, const Partition&) { return CsvNumber(row.units()); }},
      {"edges", [](const Row& row, const Partition&) { return CsvNumber(row.edges()); }},
      {"partition", [](const Row&, const Partition& p) { return CsvNumber(p.index()); }},
      {"method", [](const Row&, const Partition& p) { return p.description(); }},
      {"clusters", [](const Row&, const Partition& p) { return CsvNumber(p.clusters()); }},
      {"modularity", [](const Row&, const Partition& p) { return CsvNumber(p.modularity()); }},
      {"ncut", [](const Row&, const Partition& p) { return CsvNumber(p.ncut()); }},
      {"null_mean", [](const Row&, const Partition& p) { return CsvNumber(p.has_null_mean(), p.null_mean()); }},
      {"null_sd", [](const Row&, const Partition& p) { return CsvNumber(p.has_null_sd(), p.null_sd()); }},
      {"z", [](const Row&, const Partition& p) { return CsvNumber(p.has_z(), p.z()); }},
      {"p", [](const Row&, const Partition& p) { return CsvNumber(p.has_p(), p.p()); }},
      {"ncut_z", [](const Row&, const Partition& p) { return CsvNumber(p.has_ncut_z(), p.ncut_z()); }},
      {"ncut_p", [](const Row&, const Partition& p) { return CsvNumber(p.has_ncut_p(), p.ncut_p()); }},
      {"nulls", [](const Row&, const Partition& p) { return CsvNumber(p.null_samples()); }}};
  for (const std::string& name : PerformanceNames(comparison)) {
    columns.push_back({name, [name](const Row& row, const Partition&) { return CsvNumber(PerformanceOf(row, name)); }});
  }
  std::set<std::string> taken;
  for (const CsvColumn& column : columns) taken.insert(column.heading);
  for (const std::string& key : LabelKeys(comparison)) {
    columns.push_back({taken.count(key) > 0 ? "label_" + key : key,
                       [key](const Row& row, const Partition&) { return LabelOf(row, key); }});
  }
  return columns;
}

}  // namespace

std::string ScoresTable(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  const bool has_repetitions = HasRepetitions(comparison);
  std::string text;
  bool is_whole = false;
  if (style.wide || !has_repetitions) {
    const ModelLines models = ModelsBlock(comparison, style);
    text += models.text;
    is_whole = models.is_whole && !has_repetitions;
  }
  if (!is_whole) {
    for (const ScoredMethod& method : MethodsOf(comparison)) text += MethodBlock(comparison, method, style);
  }
  if (has_repetitions) text += PerformanceBlock(comparison, style);
  text += DifferencesBlock(comparison, style);
  if (!has_repetitions) return text + "  null Q: mean ± standard deviation; p: of Q among null models\n";
  return text + fmt::format(
                    "  Q and what is learned: mean [{} interval] over runs; null Q, z, clusters and n-cut: means; p: "
                    "the largest\n",
                    ConfidenceText(comparison));
}

std::string ScoresCsv(const v1::CompareScoresResponse& comparison) {
  const std::vector<CsvColumn> columns = CsvColumns(comparison);
  std::string text;
  for (const CsvColumn& column : columns) text += (text.empty() ? "" : ",") + CsvField(column.heading);
  text += "\n";
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const v1::ScoredPartition& partition : row.partitions()) {
      for (const CsvColumn& column : columns) {
        text += (&column == columns.data() ? "" : ",") + CsvField(column.field(row, partition));
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace modlab::client
