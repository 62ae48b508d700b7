#include "core/dataset/column_names.h"

#include <algorithm>
#include <numeric>

#include "core/shown_text.h"

namespace modlab {
namespace {

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  // The last star, and where what it stands for ends at present: only the last one ever needs to give way.
  size_t star = std::string_view::npos;
  size_t star_end = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::vector<size_t> SelectColumns(const Content& content, const std::vector<std::string>& names,
                                  const std::string& wanted) {
  std::vector<size_t> selected;
  if (wanted.empty()) {
    selected.resize(names.size());
    std::iota(selected.begin(), selected.end(), size_t{0});
    return selected;
  }
  std::vector<bool> taken(names.size(), false);
  const auto take = [&](size_t column) {
    if (!taken[column]) selected.push_back(column);
    taken[column] = true;
  };
  size_t start = 0;
  while (start <= wanted.size()) {
    const size_t end = std::min(wanted.find(',', start), wanted.size());
    const std::string_view item = Trimmed(std::string_view(wanted).substr(start, end - start));
    start = end + 1;
    const auto exact = std::find(names.begin(), names.end(), item);
    bool found = exact != names.end();
    if (found) {
      take(static_cast<size_t>(exact - names.begin()));
    } else if (item.find_first_of("*?") != std::string_view::npos) {
      for (size_t column = 0; column < names.size(); ++column) {
        if (!MatchesPattern(item, names[column])) continue;
        take(column);
        found = true;
      }
    }
    if (!found) {
      content.ThrowAtLine(1, "has no column called " + Quoted(item) + "; there are " + NearNames(item, names));
    }
  }
  return selected;
}

}  // namespace modlab
