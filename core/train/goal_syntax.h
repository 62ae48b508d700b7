#pragma once

#include <torch/csrc/jit/frontend/tree_views.h>

#include <set>
#include <string>
#include <vector>

#include "core/error.h"

namespace modlab {

/// A goal's text as a tree of which every part is one that a goal may have.
struct GoalSyntax {
  torch::jit::Expr expression;
  std::set<std::string> used_names;  ///< Of those given.
};

/// Parses and checks the text. `names` are those of tensors and parameters. Errors: kGoalInvalid.
GoalSyntax ParseGoal(const std::string& text, const std::vector<std::string>& names);

/// What LibTorch's parser, compiler or interpreter says of a goal's text as an error of ours.
/// `what` is its message, with a marked place in the text or without.
Error GoalErrorOf(const std::string& text, const std::string& what);

}  // namespace modlab
