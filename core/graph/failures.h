#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/graph/source_location.h"

namespace modlab::reader {

/// The model's own forward failed at one of its operations. Becomes kModelForwardFailed, unless another example input
/// may avoid it. `what()` is the essential line of the model's, or LibTorch's, message.
class ForwardFailure : public std::runtime_error {
 public:
  ForwardFailure(const std::string& message, std::string operation, SourceLocation location)
      : std::runtime_error(message), operation_(std::move(operation)), location_(std::move(location)) {}

  const std::string& operation() const { return operation_; }
  const SourceLocation& location() const { return location_; }

 private:
  std::string operation_;
  SourceLocation location_;
};

/// The example input's shape does not fit an operation. Tells the search for a shape where to go on.
class ShapeMismatch : public std::runtime_error {
 public:
  /// What is wrong with the input's height and width (length, depth), where that can be told.
  enum class Extent { kUnknown, kTooSmall, kTooLarge };
  /// The size that an axis of the operation's input must have; the axis counts from the end where it is negative.
  struct AxisSize {
    int64_t axis = 0;
    int64_t size = 0;
    /// The number of axes that the operation's input must have, or 0 where any will do.
    int64_t axes = 0;
  };

  ShapeMismatch(const std::string& message, Extent extent, std::optional<AxisSize> expected = {})
      : std::runtime_error(message), extent_(extent), expected_(expected) {}

  Extent extent() const { return extent_; }
  const std::optional<AxisSize>& expected() const { return expected_; }

  /// The operation expects indices, and has been given numbers of another kind.
  static ShapeMismatch ExpectsIndices(const std::string& message) {
    ShapeMismatch mismatch(message, Extent::kUnknown);
    mismatch.expects_indices_ = true;
    return mismatch;
  }
  bool expects_indices() const { return expects_indices_; }

 private:
  Extent extent_;
  std::optional<AxisSize> expected_;
  bool expects_indices_ = false;
};

/// The one line of a message of LibTorch's, or of the model's, that says what is wrong. Mostly the first, before a
/// stack of C++ symbols; the last, after a traceback of the model's code. Fit to be shown, and not long.
std::string EssentialLine(const std::string& message);

/// Throws kOutOfMemory where `exception` says that memory ran out (LibTorch has no type of its own for that on a CPU).
void ThrowIfOutOfMemory(const std::exception& exception);

}  // namespace modlab::reader
