#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"

namespace modlab {

/// Names that the goals of a task can use: `x`, the labels (of pairs `y1` and `y2`), and of vectors of at most 64
/// features `x0`, `x1`, .... `tensors` are those of the data set; `features` a sample's, pairs counted double; 0 where
/// they are no vectors.
std::vector<std::string> GoalTensorNames(const std::vector<std::string>& tensors, bool pairs, int64_t features);

/// Looks over a goal's text without compiling it, for those who have no compiler: whether its brackets match, each name
/// that is no attribute is one of `names` or the language's, and all of torch that it uses is allowed. It finds less
/// than compiling does, and nothing that compiling does not. Errors: kGoalInvalid.
void CheckGoalNames(const std::string& text, const std::vector<std::string>& names);

// What is said of a name, for all that check goals.
std::string UnknownName(const std::string& name, const std::vector<std::string>& names);
std::string ForbiddenCall(const std::string& name, bool of_torch);

}  // namespace modlab
