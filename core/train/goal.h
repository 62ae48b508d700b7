#pragma once

#include <memory>
#include <string>
#include <vector>

namespace modlab {

/// What a network is to compute: one TorchScript expression over named tensors and parameters (definitions.md, section
/// 12), `a*y1 + b*y2`. It is compiled when it is made; goal_evaluation.h evaluates it.
///
/// May be used: the names given, numbers, strings, True, False, None, operators, `x if c else y`, indexing, lists,
/// tuples, float(), int(), bool(), abs(), min(), max(), round(), and of torch.* and of tensors' methods and attributes
/// those that goal_functions.h lists: none of them uses files, other memory, or random numbers, or changes a tensor. So
/// a goal's value depends on its arguments only. It may go on in another line within brackets.
///
/// Construction takes milliseconds. Immutable afterwards. No LibTorch type or exception leaves this header.
class Goal {
 public:
  /// Tensors and parameters (floating-point numbers) that the expression may use; it need not use all of them.
  /// Errors: kGoalInvalid: an unknown name (names those like it), something left over behind the expression, a syntax
  /// or type error, something that a goal may not use, a value that is no tensor, more than 2000 characters, names that
  /// cannot be used. The message has the place as LINE:COLUMN, counted from 1, and the line with a caret below it;
  /// metadata has `line` and `column`.
  Goal(const std::string& text, const std::vector<std::string>& tensor_names,
       const std::vector<std::string>& parameter_names);
  Goal(Goal&&) noexcept;
  Goal& operator=(Goal&&) noexcept;
  ~Goal();

  const std::string& text() const;
  /// Those given that the expression uses, in the order given.
  const std::vector<std::string>& used_tensors() const;
  const std::vector<std::string>& used_parameters() const;

  struct Implementation;
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::unique_ptr<const Implementation> implementation_;
};

}  // namespace modlab
