#include "core/spectral/gram_matrix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/graph/block_rows.h"
#include "core/spectral/aligned_doubles.h"
#include "core/spectral/gram_kernels.h"

namespace modlab {
namespace {

constexpr int kMostColumns = 2048;
/// Rows of B whose weights are laid out anew at a time, and by one task.
constexpr int kPanelRows = 256;
constexpr int kTaskRows = 64;

/// Time of one multiplication and addition of either kind, in about that of one weight's when all are applied in both
/// directions: in the product of two panels, and, for each entry of the whole matrix, when it is applied.
constexpr double kFormingTime = 0.1;
constexpr double kApplyingTime = 0.35;
/// How much of the time must be saved.
constexpr double kLeastSaving = 0.25;

/// One group of the rows of B, and the columns in which they have weights.
struct RowGroup {
  int group = 0;
  std::vector<const Block*> blocks;
  std::map<int, int> first_column;  ///< Of each group that it has blocks with: first column here.
  std::vector<int> columns;         ///< For each column here, that of B.

  int panels() const { return (static_cast<int>(columns.size()) + kPanelColumns - 1) / kPanelColumns; }
};

std::vector<RowGroup> RowGroups(const UnitGraph& graph, const std::vector<char>& is_column) {
  const int groups = static_cast<int>(graph.groups().size());
  std::vector<int> first_of(groups, 0);
  int columns = 0;
  for (int group = 0; group < groups; ++group) {
    first_of[group] = columns;
    if (is_column[group] != 0) columns += graph.groups()[group].units;
  }
  std::vector<RowGroup> all(groups);
  for (const Block& block : graph.blocks()) {
    const bool source_is_column = is_column[block.source] != 0;
    RowGroup& rows = all[source_is_column ? block.target : block.source];
    rows.blocks.push_back(&block);
    rows.first_column[source_is_column ? block.source : block.target] = 0;
  }
  std::vector<RowGroup> found;
  for (int group = 0; group < groups; ++group) {
    RowGroup& rows = all[group];
    if (rows.blocks.empty()) continue;
    rows.group = group;
    for (auto& [neighbour, first] : rows.first_column) {
      first = static_cast<int>(rows.columns.size());
      for (int unit = 0; unit < graph.groups()[neighbour].units; ++unit) {
        rows.columns.push_back(first_of[neighbour] + unit);
      }
    }
    found.push_back(std::move(rows));
  }
  return found;
}

/// Weights of some units of a group, in panels of kPanelColumns columns that lie one after the other: that of unit
/// first_unit + r and column c at [c / kPanelColumns][r][c % kPanelColumns], times the unit's scale.
class Panels {
 public:
  Panels(const UnitGraph& graph, const RowGroup& group)
      : graph_(graph), group_(group), values_(static_cast<size_t>(group.panels()) * kPanelRows * kPanelColumns) {}

  bool IsZero(int index) const {
    const double* const values = panel(index);
    return std::all_of(values, values + static_cast<ptrdiff_t>(rows_) * kPanelColumns,
                       [](double value) { return value == 0; });
  }
  const double* panel(int panel) const { return values_.data() + static_cast<size_t>(panel) * rows_ * kPanelColumns; }

  /// Lays out the units [first, first + rows) of the group. `scale` is theirs.
  void Fill(int first, int rows, const double* scale, RunContext& context) {
    first_ = first;
    rows_ = rows;
    context.ParallelFor((rows + kTaskRows - 1) / kTaskRows, [&](int task) {
      const int begin = task * kTaskRows;
      const int end = std::min(begin + kTaskRows, rows);
      for (int panel = 0; panel < group_.panels(); ++panel) {
        std::fill(At(begin, panel * kPanelColumns), At(begin, panel * kPanelColumns) + (end - begin) * kPanelColumns,
                  0.0);
      }
      for (const Block* const block : group_.blocks) Add(*block, begin, end, scale);
    });
  }

 private:
  double* At(int row, int column) {
    return values_.data() + (static_cast<size_t>(column / kPanelColumns) * rows_ + row) * kPanelColumns +
           column % kPanelColumns;
  }

  /// The block's weights of the rows [begin, end).
  void Add(const Block& block, int begin, int end, const double* scale) {
    const BlockRows rows(graph_, block);
    const bool is_target = block.target == group_.group;
    const int first_column = group_.first_column.at(is_target ? block.source : block.target) +
                             (is_target ? block.source_offset : block.target_offset);
    // Units of the group by their number in the block.
    const int offset = first_ - (is_target ? block.target_offset : block.source_offset);
    const int first = std::max(begin + offset, 0);
    const int last = std::min(end + offset, is_target ? block.target_units : block.source_units);
    if (first >= last) return;
    const int columns = is_target ? block.source_units : block.target_units;
    std::vector<double> weights(static_cast<size_t>(columns) * (last - first));
    if (is_target != rows.rows_are_sources()) {
      for (int unit = first; unit < last; ++unit) {
        rows.Read(unit, 0, columns, weights.data() + static_cast<size_t>(unit - first) * columns);
      }
    } else {
      rows.ReadTurned(0, columns, first, last - first, weights.data(), columns);
    }
    for (int unit = first; unit < last; ++unit) {
      const int row = unit - offset;
      const double* const of_unit = weights.data() + static_cast<size_t>(unit - first) * columns;
      for (int column = 0; column < columns; ++column) *At(row, first_column + column) += of_unit[column] * scale[row];
    }
  }

  const UnitGraph& graph_;
  const RowGroup& group_;
  AlignedDoubles values_;
  int first_ = 0;
  int rows_ = 0;
};

std::vector<int> OthersThanZero(const Panels& panels, const RowGroup& group) {
  std::vector<int> others;
  for (int panel = 0; panel < group.panels(); ++panel) {
    if (!panels.IsZero(panel)) others.push_back(panel);
  }
  return others;
}

/// Multiplications in the products of two of the panels that are not 0.
double Products(const Panels& panels, const RowGroup& group, int rows) {
  return rows * std::pow(static_cast<double>(OthersThanZero(panels, group).size()) * kPanelColumns, 2);
}

/// Adds the panels' products to the matrix's lower triangle.
void AddProducts(const Panels& panels, const RowGroup& group, int rows, Eigen::MatrixXd& gram, RunContext& context) {
  const std::vector<int> others_than_zero = OthersThanZero(panels, group);
  const int columns = static_cast<int>(group.columns.size());
  context.ParallelFor(static_cast<int>(others_than_zero.size()), [&](int index) {
    const int left = others_than_zero[index];
    for (size_t other = index; other < others_than_zero.size(); ++other) {
      const int right = others_than_zero[other];
      std::array<double, kPanelColumns * kPanelColumns> square{};
      AddPanelProduct(panels.panel(left), panels.panel(right), rows, square.data());
      for (int i = 0; i < kPanelColumns && left * kPanelColumns + i < columns; ++i) {
        const int column = group.columns[left * kPanelColumns + i];
        for (int j = right == left ? i : 0; j < kPanelColumns && right * kPanelColumns + j < columns; ++j) {
          gram(group.columns[right * kPanelColumns + j], column) += square[i * kPanelColumns + j];
        }
      }
    }
  });
}

/// Calls use(panels, group, rows) for all rows of B, some at a time.
template <typename Use>
void ForEachPanels(const UnitGraph& graph, const std::vector<RowGroup>& groups, const std::vector<double>& row_scale,
                   RunContext& context, const Use& use) {
  for (const RowGroup& group : groups) {
    Panels panels(graph, group);
    const int units = graph.groups()[group.group].units;
    for (int first = 0; first < units; first += kPanelRows) {
      const int rows = std::min(kPanelRows, units - first);
      panels.Fill(first, rows, row_scale.data() + graph.first_unit(group.group) + first, context);
      use(panels, group, rows);
    }
  }
}

/// Whether it takes less time to form the matrix and apply it, by one thread.
bool SavesTime(const UnitGraph& graph, const std::vector<RowGroup>& groups, const std::vector<double>& row_scale,
               double columns, int applications, RunContext& context) {
  double entries = 0;
  for (const Block& block : graph.blocks()) entries += static_cast<double>(block.stored_entries());
  const double most_products =
      ((1 - kLeastSaving) * entries - kApplyingTime * columns * columns) * applications / kFormingTime;
  if (most_products <= 0) return false;
  double products = 0;
  for (const RowGroup& group : groups) {
    products += graph.groups()[group.group].units * std::pow(static_cast<double>(group.columns.size()), 2);
  }
  if (products <= most_products) return true;
  products = 0;  // of what is not 0: modules side by side in one matrix
  ForEachPanels(graph, groups, row_scale, context, [&](const Panels& panels, const RowGroup& group, int rows) {
    products += Products(panels, group, rows);
  });
  return products <= most_products;
}

}  // namespace

std::optional<Eigen::MatrixXd> GramMatrix(const UnitGraph& graph, const std::vector<char>& is_column,
                                          const std::vector<double>& row_scale, int applications, RunContext& context) {
  int columns = 0;
  for (size_t group = 0; group < graph.groups().size(); ++group) {
    if (is_column[group] != 0) columns += graph.groups()[group].units;
  }
  if (columns > kMostColumns || std::ranges::any_of(graph.blocks(), &Block::is_sparse)) return std::nullopt;
  const std::vector<RowGroup> groups = RowGroups(graph, is_column);
  if (!SavesTime(graph, groups, row_scale, columns, applications, context)) return std::nullopt;

  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(columns, columns);
  ForEachPanels(graph, groups, row_scale, context, [&](const Panels& panels, const RowGroup& group, int rows) {
    AddProducts(panels, group, rows, gram, context);
  });
  return gram;
}

void ApplyGram(const Eigen::MatrixXd& gram, const double* x, double* y) {
  const int size = static_cast<int>(gram.rows());
  std::fill(y, y + size, 0.0);
  // Some columns at a time: first what they have in common around the diagonal, then what is below that.
  for (int first = 0; first < size; first += kGramColumns) {
    const int below = std::min(first + kGramColumns, size);
    for (int i = first; i < below; ++i) {
      for (int j = first; j < below; ++j) y[i] += gram(std::max(i, j), std::min(i, j)) * x[j];
    }
    if (below == size) return;
    AddSymmetricProduct(&gram(below, first), gram.outerStride(), size - below, x + below, x + first, y + below,
                        y + first);
  }
}

}  // namespace modlab
