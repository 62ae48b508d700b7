#include "core/train/goal_text.h"

#include <algorithm>
#include <sstream>

namespace modlab {
namespace {

/// Levenshtein's distance, upper and lower case alike.
size_t EditDistance(const std::string& a, const std::string& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

GoalPlace PlaceOf(const std::string& text, size_t offset) {
  GoalPlace place = {1, 1};
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    if (text[i] == '\n') {
      ++place.line;
      place.column = 1;
    } else {
      ++place.column;
    }
  }
  return place;
}

Error GoalError(const std::string& text, GoalPlace place, const std::string& what) {
  if (place.line == 0) return {ErrorKind::kGoalInvalid, "the goal '" + text + "' is wrong: " + what};
  std::istringstream lines(text);
  std::string line;
  for (int i = 0; i < place.line; ++i) std::getline(lines, line);
  std::replace(line.begin(), line.end(), '\t', ' ');
  const std::string line_number = std::to_string(place.line);
  const std::string column_number = std::to_string(place.column);
  return {ErrorKind::kGoalInvalid,
          "the goal is wrong at " + line_number + ":" + column_number + ": " + what + "\n  " + line + "\n  " +
              std::string(place.column - 1, ' ') + "^",
          {{"line", line_number}, {"column", column_number}}};
}

void CheckGoalLength(const std::string& text) {
  constexpr size_t most = 2000;
  if (text.size() <= most) return;
  throw Error(ErrorKind::kGoalInvalid,
              "the goal has " + std::to_string(text.size()) + " characters; it may have " + std::to_string(most) + ".");
}

std::vector<std::string> NamesLike(const std::string& name, const std::vector<std::string>& names) {
  constexpr size_t most_names = 3;
  constexpr size_t short_name = 4;
  std::vector<std::pair<size_t, std::string>> like;
  for (const std::string& other : names) {
    const size_t distance = EditDistance(name, other);
    if (distance <= (name.size() <= short_name ? 1U : 2U) && distance < std::max(name.size(), other.size())) {
      like.emplace_back(distance, other);
    }
  }
  std::sort(like.begin(), like.end());
  std::vector<std::string> closest;
  for (size_t i = 0; i < std::min(like.size(), most_names); ++i) closest.push_back(like[i].second);
  return closest;
}

std::string Suggestion(const std::string& name, const std::vector<std::string>& names) {
  const std::vector<std::string> like = NamesLike(name, names);
  return like.empty() ? "." : "; did you mean " + Enumerate(like, "or") + "?";
}

std::string Enumerate(const std::vector<std::string>& names, const std::string& conjunction) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " " + conjunction + " " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace modlab
