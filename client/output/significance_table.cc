#include "client/output/significance_table.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "client/names.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

/// Unless the style is wide.
constexpr int kModelWidth = 16;
/// What is usually called significant.
constexpr double kLevel = 0.05;

std::string PText(double p) { return fmt::format("{:.2g}", p); }

void AddTest(const char* statistic, double observed, const v1::NullTest& test, std::vector<std::string> cells,
             Grid& grid) {
  cells.insert(cells.end(),
               {statistic, fmt::format("{:.4f}", observed), test.has_z() ? fmt::format("{:.1f}", test.z()) : "-",
                PText(test.p()), PText(test.p_adjusted())});
  grid.Add(std::move(cells));
}

int CountSignificant(const v1::AdjustPValuesResponse& adjusted) {
  int count = 0;
  for (const v1::AdjustedPartition& partition : adjusted.partitions()) {
    count += partition.modularity_test().p_adjusted() <= kLevel ? 1 : 0;
    count += partition.ncut_test().p_adjusted() <= kLevel ? 1 : 0;
  }
  return count;
}

}  // namespace

std::string SignificanceTable(const v1::AdjustPValuesResponse& adjusted,
                              const std::map<std::string, std::string>& titles, const TextStyle& style) {
  using Align = Grid::Align;
  Grid grid({Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  grid.Add({"model, job", "partition", "of", "observed", "z", "p", "adjusted"});
  std::set<std::string> jobs;
  for (const v1::AdjustedPartition& partition : adjusted.partitions()) {
    const bool is_new = jobs.insert(partition.job()).second;
    const auto title = titles.find(partition.model());
    const std::string model = Printable(title == titles.end() ? partition.model() : title->second);
    const std::string name = fmt::format("{} {}, k = {}", partition.index(),
                                         Lower(v1::Partition::Method_Name(partition.method())), partition.clusters());
    AddTest("Q", partition.modularity(), partition.modularity_test(),
            {is_new ? Shortened(model, style.wide ? DisplayWidth(model) : kModelWidth) : "", name}, grid);
    AddTest("n-cut", partition.ncut(), partition.ncut_test(), {is_new ? IdOf(partition.job()) : "", ""}, grid);
  }
  return grid.Text(style) +
         fmt::format("\n{} of {} tests of {} job{} have a p of at most {}, adjusted for all of them\n",
                     CountSignificant(adjusted), adjusted.tests(), jobs.size(), jobs.size() == 1 ? "" : "s", kLevel);
}

}  // namespace modlab::client
