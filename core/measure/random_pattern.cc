#include "core/measure/random_pattern.h"

#include <algorithm>
#include <vector>

namespace modlab {
namespace {

constexpr int64_t kBetweenChecks = 1 << 20;

/// The places that a pattern does not have.
SparsePattern Complement(const SparsePattern& pattern, int columns) {
  SparsePattern others;
  for (int row = 0; row < pattern.rows(); ++row) {
    int next = pattern.starts[row];
    for (int column = 0; column < columns; ++column) {
      if (next < pattern.starts[row + 1] && pattern.columns[next] == column) {
        ++next;
      } else {
        others.columns.push_back(column);
      }
    }
    others.starts.push_back(static_cast<int>(others.columns.size()));
  }
  return others;
}

/// Places are drawn one by one until `count` of them are different: for a set of less than half of all.
SparsePattern DrawSparse(int rows, int columns, int count, Random& random, const RunContext& context) {
  std::vector<int> starts(rows + 1, 0);
  for (int64_t i = 0; i < count; ++i) {
    if (i % kBetweenChecks == 0) context.CheckCancelled();
    ++starts[random.Index(rows) + 1];
  }
  std::vector<std::vector<int>> of_row(rows);
  int64_t missing = count;
  for (int row = 0; row < rows; ++row) {
    std::vector<int>& places = of_row[row];
    places.resize(starts[row + 1]);
    for (int& column : places) column = random.Index(columns);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    missing -= static_cast<int64_t>(places.size());
  }
  context.CheckCancelled();
  while (missing > 0) {
    std::vector<int>& places = of_row[random.Index(rows)];
    const int column = random.Index(columns);
    const auto place = std::lower_bound(places.begin(), places.end(), column);
    if (place != places.end() && *place == column) continue;
    places.insert(place, column);
    --missing;
  }
  SparsePattern pattern;
  pattern.columns.reserve(count);
  for (const std::vector<int>& places : of_row) {
    pattern.columns.insert(pattern.columns.end(), places.begin(), places.end());
    pattern.starts.push_back(static_cast<int>(pattern.columns.size()));
  }
  return pattern;
}

}  // namespace

SparsePattern DrawPattern(int rows, int columns, int count, Random& random, const RunContext& context) {
  const int64_t all = int64_t{rows} * columns;
  if (2 * int64_t{count} < all) return DrawSparse(rows, columns, count, random, context);
  return Complement(DrawSparse(rows, columns, static_cast<int>(all - count), random, context), columns);
}

}  // namespace modlab
