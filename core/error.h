#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <utility>

namespace modlab {

/// What kind of thing the user, or the user's model, got wrong. Each has its twin in modlab.v1.Reason, where it is
/// explained.
enum class ErrorKind {
  kInvalidOption,
  kModelLoadFailed,
  kModelForwardFailed,
  kOperationForbidden,
  kOperationUnsupported,
  kNoWeightLayers,
  kWeightsNotFinite,
  kNoEdges,
  kClustersOutOfRange,
  kInputShapeInvalid,
  kNotConverged,
  kOutOfMemory,
  kDataInvalid,
  kGoalInvalid,
  kShapesMismatch,
  kLossNotFinite,
  kNothingToTrain,
  kCompositionInvalid,
};

/// The one exception that leaves core for a mistake that is not core's own: the model's, or the caller's options'.
/// `what()` is a sentence for people: what is wrong, where, and what to do. Faults of core itself are assertions or
/// std::logic_error.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::map<std::string, std::string> metadata = {})
      : std::runtime_error(message), kind_(kind), metadata_(std::move(metadata)) {}

  ErrorKind kind() const { return kind_; }
  /// Facts for programs, as modlab.v1.Reason lists them (`operation`, `source`, `layer`, ...).
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  ErrorKind kind_;
  std::map<std::string, std::string> metadata_;
};

/// Leaves a computation whose RunContext was cancelled. Not an Error: nothing went wrong.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "cancelled"; }
};

}  // namespace modlab
