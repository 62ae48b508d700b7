#include "client/output/scores_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/names.h"
#include "client/output/grid.h"
#include "client/output/score_groups.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using Align = Grid::Align;

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
                                      IntervalText(FindModularity(group, description))};
    const std::vector<std::string> nulls = SummaryCells(Summarize(partitions));
    cells.insert(cells.end(), nulls.begin(), nulls.end());
    grid.Add(std::move(cells));
    if (!style.wide || group.rows_size() < 2) continue;
    for (const int row : group.rows()) {
      for (const v1::ScoredPartition& partition : comparison.rows(row).partitions()) {
        if (partition.description() != description) continue;
        std::vector<std::string> line = {"  " + IdOf(comparison.rows(row).job()), "", "",
                                         fmt::format("{:.4f}", partition.modularity())};
        const std::vector<std::string> own = SummaryCells(Summarize({&partition}));
        line.insert(line.end(), own.begin(), own.end());
        grid.Add(std::move(line));
      }
    }
  }
  return Bold(Printable(description), style) + "\n" + grid.Text(style) + "\n";
}

std::string PerformanceBlock(const v1::CompareScoresResponse& comparison, const TextStyle& style) {
  const std::vector<std::string> names = PerformanceNames(comparison);
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
    for (const std::string& name : names) cells.push_back(IntervalText(FindMeasure(group, name)));
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
  const std::vector<std::string> performance = PerformanceNames(comparison);
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
