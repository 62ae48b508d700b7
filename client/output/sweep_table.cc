#include "client/output/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr int kMostPlateaus = 5;
constexpr int kMostSteps = 11;

std::string ResolutionText(double resolution) { return fmt::format("{:.3g}", resolution); }

/// Where a plateau ends at an end of the sweep, it may go on.
std::string EndText(const char* sign, double resolution, double end_of_sweep) {
  return (resolution == end_of_sweep ? sign : "") + ResolutionText(resolution);
}

std::string LeftOutText(int count, const char* what) {
  if (count <= 0) return "";
  return fmt::format("  … {} more {}{}; -o wide and -o json have them all\n", count, what, count == 1 ? "" : "s");
}

std::string PlateausText(const v1::ResolutionSweep& sweep, const TextStyle& style) {
  if (sweep.plateaus().empty()) return "  no plateau: all units are in one cluster, or each is alone\n";
  Grid grid(std::vector<Grid::Align>(7, Grid::Align::kRight));
  grid.Add({"plateau from", "to", "log length", "clusters", "at", "Q at 1", "ARI"});
  const int shown = style.wide ? sweep.plateaus_size() : std::min(sweep.plateaus_size(), kMostPlateaus);
  for (int i = 0; i < shown; ++i) {
    const v1::Plateau& plateau = sweep.plateaus(i);
    grid.Add({EndText("≤", plateau.least_resolution(), sweep.steps().begin()->resolution()),
              EndText("≥", plateau.most_resolution(), sweep.steps().rbegin()->resolution()),
              fmt::format("{:.2f}", std::log(plateau.most_resolution() / plateau.least_resolution())),
              std::to_string(plateau.clusters()), ResolutionText(plateau.resolution()),
              fmt::format("{:.4f}", plateau.newman()), fmt::format("{:.2f}", plateau.adjusted_rand_index())});
  }
  return grid.Text(style) + LeftOutText(sweep.plateaus_size() - shown, "plateau");
}

std::string ResolutionsText(const v1::ResolutionSweep& sweep, const TextStyle& style) {
  const int count = sweep.steps_size();
  const int shown = style.wide ? count : std::min(count, kMostSteps);
  Grid grid(std::vector<Grid::Align>(6, Grid::Align::kRight));
  grid.Add({"resolution", "clusters", "Q", "Q at 1", "ARI", "VI"});
  for (int i = 0; i < shown; ++i) {
    const v1::ResolutionStep& step = sweep.steps(shown == 1 ? 0 : i * (count - 1) / (shown - 1));
    const auto with_last = [&](double value) {
      return step.has_adjusted_rand_index() ? fmt::format("{:.2f}", value) : "-";
    };
    grid.Add({ResolutionText(step.resolution()), std::to_string(step.clusters()),
              fmt::format("{:.4f}", step.modularity()), fmt::format("{:.4f}", step.newman()),
              with_last(step.adjusted_rand_index()), with_last(step.variation_of_information())});
  }
  return grid.Text(style) + LeftOutText(count - shown, "resolution");
}

}  // namespace

std::string SweepTable(const v1::ResolutionSweep& sweep, const TextStyle& style) {
  if (sweep.steps().empty()) return "";
  return PlateausText(sweep, style) + '\n' + ResolutionsText(sweep, style);
}

}  // namespace modlab::client
