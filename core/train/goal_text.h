#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace modlab {

/// A place in a goal's text, counted from 1. Line 0: none.
struct GoalPlace {
  int line = 0;
  int column = 0;
};

/// That of a character of the text.
GoalPlace PlaceOf(const std::string& text, size_t offset);

/// kGoalInvalid: `what` (a sentence's end; the beginning is `the goal is wrong at LINE:COLUMN: `) and the line with a
/// caret below.
Error GoalError(const std::string& text, GoalPlace place, const std::string& what);
inline Error GoalError(const std::string& text, size_t offset, const std::string& what) {
  return GoalError(text, PlaceOf(text, offset), what);
}

/// Refuses what has more than 2000 characters. Errors: kGoalInvalid.
void CheckGoalLength(const std::string& text);

/// The names that are few letters away from a name, the closest first, at most three.
std::vector<std::string> NamesLike(const std::string& name, const std::vector<std::string>& names);

/// The end of a sentence about such a name: `; did you mean a or b?`, or a full stop.
std::string Suggestion(const std::string& name, const std::vector<std::string>& names);

/// `a, b and c`.
std::string Enumerate(const std::vector<std::string>& names, const std::string& conjunction);

}  // namespace modlab
