#include "client/output/scores_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/names.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using Align = Grid::Align;

constexpr const char* kModularity = ": Q";

const v1::GroupMeasure* FindMeasure(const v1::ScoreGroup& group, const std::string& name) {
  const auto found = std::find_if(group.measures().begin(), group.measures().end(),
                                  [&](const v1::GroupMeasure& measure) { return measure.measure() == name; });
  return found == group.measures().end() ? nullptr : &*found;
}

/// `0.487 [0.48, 0.494]`.
std::string MeasureText(const v1::GroupMeasure* measure) {
  if (measure == nullptr) return "-";
  if (!measure->has_least()) return fmt::format("{:.4f}", measure->mean());
  return fmt::format("{:.4f} [{:.4f}, {:.4f}]", measure->mean(), measure->least(), measure->most());
}

/// The rows' partitions that were found in this way.
std::vector<const v1::ScoredPartition*> PartitionsOf(const v1::CompareScoresResponse& comparison,
                                                     const v1::ScoreGroup& group, const std::string& description) {
  std::vector<const v1::ScoredPartition*> found;
  for (const int row : group.rows()) {
    for (const v1::ScoredPartition& partition : comparison.rows(row).partitions()) {
      if (partition.description() == description) found.push_back(&partition);
    }
  }
  return found;
}

template <typename Value>
std::string MeanText(const std::vector<const v1::ScoredPartition*>& partitions, const char* format, Value value) {
  double sum = 0;
  int count = 0;
  for (const v1::ScoredPartition* partition : partitions) {
    const auto one = value(*partition);
    if (!one) continue;
    sum += *one;
    ++count;
  }
  return count == 0 ? "-" : fmt::format(fmt::runtime(format), sum / count);
}

template <typename Value>
std::optional<double> If(bool there, Value value) {
  return there ? std::optional<double>(value) : std::nullopt;
}

/// The largest p of a group's rows: what holds of all of them.
std::string LargestP(const std::vector<const v1::ScoredPartition*>& partitions) {
  std::optional<double> largest;
  for (const v1::ScoredPartition* partition : partitions) {
    if (partition->has_p()) largest = std::max(largest.value_or(0), partition->p());
  }
  return largest ? fmt::format("{:.2g}", *largest) : "-";
}

/// Means over partitions that were found in the same way.
std::vector<std::string> NullCells(const std::vector<const v1::ScoredPartition*>& partitions) {
  const std::string mean =
      MeanText(partitions, "{:.4f}", [](const auto& p) { return If(p.has_null_mean(), p.null_mean()); });
  const std::string sd = MeanText(partitions, "{:.4f}", [](const auto& p) { return If(p.has_null_sd(), p.null_sd()); });
  return {sd == "-" ? mean : mean + " ± " + sd,
          MeanText(partitions, "{:.1f}", [](const auto& p) { return If(p.has_z(), p.z()); }), LargestP(partitions),
          MeanText(partitions, "{:.1f}", [](const auto& p) { return If(true, p.clusters()); }),
          MeanText(partitions, "{:.3f}", [](const auto& p) { return If(true, p.ncut()); })};
}

std::string MethodBlock(const v1::CompareScoresResponse& comparison, const std::string& description,
                        const TextStyle& style) {
  Grid grid({Align::kLeft, Align::kRight, Align::kRight, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
             Align::kRight, Align::kRight});
  grid.Add({"network", "runs", "units", "Q", "null Q", "z", "p", "clusters", "n-cut"});
  for (const v1::ScoreGroup& group : comparison.groups()) {
    const auto partitions = PartitionsOf(comparison, group, description);
    if (partitions.empty()) continue;
    std::vector<std::string> cells = {GroupTitle(group), std::to_string(partitions.size()),
                                      std::to_string(comparison.rows(group.rows(0)).units()),
                                      MeasureText(FindMeasure(group, description + kModularity))};
    const std::vector<std::string> nulls = NullCells(partitions);
    cells.insert(cells.end(), nulls.begin(), nulls.end());
    grid.Add(std::move(cells));
    if (!style.wide || group.rows_size() < 2) continue;
    for (const int row : group.rows()) {
      for (const v1::ScoredPartition& partition : comparison.rows(row).partitions()) {
        if (partition.description() != description) continue;
        std::vector<std::string> line = {"  " + IdOf(comparison.rows(row).job()), "", "",
                                         fmt::format("{:.4f}", partition.modularity())};
        const std::vector<std::string> own = NullCells({&partition});
        line.insert(line.end(), own.begin(), own.end());
        grid.Add(std::move(line));
      }
    }
  }
  return Bold(Printable(description), style) + "\n" + grid.Text(style) + "\n";
}

/// How the partitions were found, in the order in which these ways first come.
std::vector<std::string> Descriptions(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> descriptions;
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const v1::ScoredPartition& partition : row.partitions()) {
      if (std::find(descriptions.begin(), descriptions.end(), partition.description()) == descriptions.end()) {
        descriptions.push_back(partition.description());
      }
    }
  }
  return descriptions;
}

bool IsPerformance(const std::string& measure) { return measure.find(": ") == std::string::npos; }

std::string PerformanceBlock(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  std::vector<std::string> names;
  for (const std::string& name : MeasureNames(comparison)) {
    if (IsPerformance(name)) names.push_back(name);
  }
  if (names.empty()) return "";
  std::vector<Align> columns(names.size() + 1, Align::kLeft);
  Grid grid(columns);
  std::vector<std::string> heading = {"network"};
  for (const std::string& name : names) {
    std::string words = Printable(name);
    std::replace(words.begin(), words.end(), '_', ' ');
    heading.push_back(words);
  }
  grid.Add(std::move(heading));
  for (const v1::ScoreGroup& group : comparison.groups()) {
    std::vector<std::string> cells = {GroupTitle(group)};
    for (const std::string& name : names) cells.push_back(MeasureText(FindMeasure(group, name)));
    grid.Add(std::move(cells));
  }
  return Bold("what they have learned", style) + "\n" + grid.Text(style) + "\n";
}

/// Of the modularity that Leiden finds and of how well they do; of everything where the style is wide.
std::string DifferencesBlock(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  Grid grid({Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight});
  grid.Add({"measure", "difference of", "is", "p", "adjusted"});
  double least_p = 0;
  bool any = false;
  for (const v1::GroupDifference& difference : comparison.differences()) {
    const bool is_shown = style.wide || difference.measure().starts_with("Leiden: ");
    const int runs =
        comparison.groups(difference.first()).rows_size() + comparison.groups(difference.second()).rows_size();
    if (!is_shown || runs < 3) continue;
    any = true;
    least_p = std::max(least_p, difference.least_p());
    grid.Add({Printable(difference.measure()),
              fmt::format("{} − {}", GroupTitle(comparison.groups(difference.first())),
                          GroupTitle(comparison.groups(difference.second()))),
              fmt::format("{:+.4f}", difference.difference()), fmt::format("{:.2g}", difference.p()),
              fmt::format("{:.2g}", difference.p_adjusted())});
  }
  if (!any) return "";
  return Bold("differences of means, by permutation", style) + "\n" + grid.Text(style) +
         fmt::format("  so few repetitions give a p of {:.2g} at least; more seeds tell more\n\n", least_p);
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

std::string CsvNumber(bool there, double value) { return there ? fmt::format("{}", value) : ""; }

}  // namespace

std::string GroupTitle(const v1::ScoreGroup& group) {
  if (group.title().empty()) return Printable(group.name());
  // What else it is grouped by than the step that the title is of.
  const std::size_t comma = group.name().find(", ");
  return Printable(group.title() + (comma == std::string::npos ? "" : group.name().substr(comma)));
}

std::vector<std::string> MeasureNames(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> names;
  for (const v1::ScoreGroup& group : comparison.groups()) {
    for (const v1::GroupMeasure& measure : group.measures()) {
      if (std::find(names.begin(), names.end(), measure.measure()) == names.end()) names.push_back(measure.measure());
    }
  }
  return names;
}

std::string ScoresTable(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  std::string text;
  for (const std::string& description : Descriptions(comparison)) text += MethodBlock(comparison, description, style);
  text += PerformanceBlock(comparison, style);
  text += DifferencesBlock(comparison, style);
  text += fmt::format(
      "  Q and what is learned: mean [{:.0f} % interval] over runs; null Q, z, clusters and n-cut: means; p: the "
      "largest\n",
      100 * comparison.confidence());
  return text;
}

std::string ScoresCsv(const v1::CompareScoresResponse& comparison) {
  std::vector<std::string> performance;
  for (const std::string& name : MeasureNames(comparison)) {
    if (IsPerformance(name)) performance.push_back(name);
  }
  std::string text =
      "group,job,model,units,edges,partition,method,clusters,modularity,ncut,null_mean,null_sd,z,p,nulls";
  for (const std::string& name : performance) text += "," + CsvField(name);
  text += "\n";
  for (const v1::ScoreRow& row : comparison.rows()) {
    for (const v1::ScoredPartition& partition : row.partitions()) {
      text += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}", CsvField(comparison.groups(row.group()).name()), row.job(),
          row.model(), row.units(), row.edges(), partition.index(), CsvField(partition.description()),
          partition.clusters(), partition.modularity(), partition.ncut(),
          CsvNumber(partition.has_null_mean(), partition.null_mean()),
          CsvNumber(partition.has_null_sd(), partition.null_sd()), CsvNumber(partition.has_z(), partition.z()),
          CsvNumber(partition.has_p(), partition.p()), partition.null_samples());
      for (const std::string& name : performance) {
        const auto found = row.performance().find(name);
        text += "," + CsvNumber(found != row.performance().end(), found == row.performance().end() ? 0 : found->second);
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace modlab::client
