#include "client/output/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "client/compared_partition.h"
#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr int kMostRows = 40;

std::string Counted(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// `abc:1 (leiden, 12 clusters)`, `labels.txt (12 clusters)`.
std::string ComparedText(const v1::ComparedPartition& partition, std::string_view given, int clusters) {
  if (partition.job().empty()) return fmt::format("{} ({})", Printable(given), Counted(clusters, "cluster"));
  return fmt::format("{} ({}, {})", NameOf(partition), Lower(v1::Partition::Method_Name(partition.method())),
                     Counted(clusters, "cluster"));
}

std::string UnitsText(const v1::ComparePartitionsResponse& comparison) {
  std::string text = Counted(comparison.agreement().units(), "unit") + " compared";
  if (comparison.left_out() == 0) return text;
  return text + fmt::format("; {} left out, without a cluster in one of the two or in both", comparison.left_out());
}

std::string LeftOutCellsText(int rows, int columns) {
  if (rows == 0 && columns == 0) return "";
  std::string what = rows > 0 ? Counted(rows, "more row") : "";
  if (columns > 0) what += (rows > 0 ? " and " : "") + Counted(columns, "more column");
  return fmt::format("  … {}; -o wide and -o json have them all\n", what);
}

std::string ClusterText(int cluster) { return fmt::format("c{}", cluster); }

class ContingencyTable {
 public:
  explicit ContingencyTable(const v1::ComparePartitionsResponse& comparison)
      : comparison_(comparison), row_sums_(comparison.first_clusters_size()), column_sums_(columns()) {
    for (int row = 0; row < rows(); ++row) {
      for (int column = 0; column < columns(); ++column) {
        row_sums_[row] += Cell(row, column);
        column_sums_[column] += Cell(row, column);
      }
    }
  }

  std::string Text(const TextStyle& style) const {
    const int shown_rows = style.wide ? rows() : std::min(rows(), kMostRows);
    const int shown_columns = style.wide ? columns() : std::min(columns(), ColumnsThatFit(style.width));
    std::vector<Grid::Align> alignments(shown_columns + 2, Grid::Align::kRight);
    alignments.front() = Grid::Align::kLeft;
    Grid grid(std::move(alignments));
    grid.Add(Row("", shown_columns, "units", [&](int i) { return ClusterText(comparison_.second_clusters(i)); }));
    for (int row = 0; row < shown_rows; ++row) {
      grid.Add(Row(ClusterText(comparison_.first_clusters(row)), shown_columns, std::to_string(row_sums_[row]),
                   [&](int column) { return Cell(row, column) == 0 ? "·" : std::to_string(Cell(row, column)); }));
    }
    grid.Add(Row("units", shown_columns, std::to_string(comparison_.agreement().units()),
                 [&](int column) { return std::to_string(column_sums_[column]); }));
    return grid.Text(style) + LeftOutCellsText(rows() - shown_rows, columns() - shown_columns);
  }

 private:
  int rows() const { return comparison_.first_clusters_size(); }
  int columns() const { return comparison_.second_clusters_size(); }

  int Cell(int row, int column) const {
    const std::int64_t index = std::int64_t{row} * columns() + column;
    return index < comparison_.contingency_size() ? comparison_.contingency(static_cast<int>(index)) : 0;
  }

  int ColumnsThatFit(int width) const {
    const int sum_width = std::max<int>(5, static_cast<int>(std::to_string(comparison_.agreement().units()).size()));
    std::size_t name_width = 5;
    for (const int cluster : comparison_.first_clusters()) {
      name_width = std::max(name_width, ClusterText(cluster).size());
    }
    std::size_t column_width = 1;
    for (const int cluster : comparison_.second_clusters()) {
      column_width = std::max(column_width, ClusterText(cluster).size());
    }
    for (const std::int64_t sum : column_sums_) column_width = std::max(column_width, std::to_string(sum).size());
    const int left = width - 4 - static_cast<int>(name_width) - sum_width;
    return std::max(left / (2 + static_cast<int>(column_width)), 1);
  }

  template <typename Text>
  static std::vector<std::string> Row(std::string name, int columns, std::string sum, const Text& text) {
    std::vector<std::string> row = {std::move(name)};
    for (int column = 0; column < columns; ++column) row.push_back(text(column));
    row.push_back(std::move(sum));
    return row;
  }

  const v1::ComparePartitionsResponse& comparison_;
  std::vector<std::int64_t> row_sums_;
  std::vector<std::int64_t> column_sums_;
};

}  // namespace

std::string ComparisonTable(const v1::ComparePartitionsResponse& comparison, std::string_view first,
                            std::string_view second, const TextStyle& style) {
  const v1::PartitionAgreement& agreement = comparison.agreement();
  Facts facts(style);
  facts.Add("rows", ComparedText(comparison.first(), first, comparison.first_clusters_size()));
  facts.Add("columns", ComparedText(comparison.second(), second, comparison.second_clusters_size()));
  facts.Add("units", UnitsText(comparison));
  facts.Add("ARI", fmt::format("{:.4f} (1: equal; about 0: unrelated)", agreement.adjusted_rand_index()));
  facts.Add("NMI", fmt::format("{:.4f} (1: equal)", agreement.normalized_mutual_information()));
  facts.Add("AMI", fmt::format("{:.4f} (1: equal; about 0: unrelated)", agreement.adjusted_mutual_information()));
  facts.Add("VI", fmt::format("{:.4f} nats (0: equal; at most {:.2f} for so many units)",
                              agreement.variation_of_information(), std::log(std::max(agreement.units(), 1))));
  return facts.text() + '\n' + ContingencyTable(comparison).Text(style);
}

}  // namespace modlab::client
