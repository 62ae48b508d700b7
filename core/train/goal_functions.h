#pragma once

#include <string>
#include <vector>

namespace modlab {

/// What a goal may call as torch.NAME(...) or TENSOR.NAME(...), sorted. All of them are pure: no files, no random
/// numbers, no state, nothing in place.
const std::vector<std::string>& GoalFunctions();
/// What it may use as torch.NAME: types and numbers. Sorted.
const std::vector<std::string>& GoalConstants();
/// What it may use as TENSOR.NAME. Sorted.
const std::vector<std::string>& GoalAttributes();
/// What it may call as NAME(...). Sorted.
const std::vector<std::string>& GoalBuiltins();

}  // namespace modlab
