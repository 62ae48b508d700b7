#include "core/measure/random_pattern.h"

#include <algorithm>
#include <vector>

namespace modlab {
namespace {

constexpr int64_t kBetweenChecks = 1 << 18;

/// The places that a pattern does not have.
SparsePattern Complement(const SparsePattern& pattern, int columns, const RunContext& context) {
  SparsePattern others;
  for (int row = 0; row < pattern.rows(); ++row) {
    context.CheckCancelled();
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

/// Draws places until `count` of them are different, as many at a time as are missing: for a set of at most half of
/// all.
SparsePattern DrawSparse(int rows, int columns, int count, Random& random, const RunContext& context) {
  std::vector<std::vector<int>> of_row(rows);
  for (int64_t missing = count; missing > 0;) {
    for (int64_t i = 0; i < missing; ++i) {
      if (i % kBetweenChecks == 0) context.CheckCancelled();
      of_row[random.Index(rows)].push_back(random.Index(columns));
    }
    missing = count;
    for (std::vector<int>& places : of_row) {
      context.CheckCancelled();
      std::sort(places.begin(), places.end());
      places.erase(std::unique(places.begin(), places.end()), places.end());
      missing -= static_cast<int64_t>(places.size());
    }
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
  return Complement(DrawSparse(rows, columns, static_cast<int>(all - count), random, context), columns, context);
}

}  // namespace modlab
