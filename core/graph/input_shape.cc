#include "core/graph/input_shape.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/graph/failures.h"

namespace modlab::reader {
namespace {

using Extent = ShapeMismatch::Extent;

constexpr int64_t kLargestExtent = 1024;
/// Of an input that is tried: 256 MiB of floats.
constexpr int64_t kMostElements = int64_t{1} << 26;
/// Where a network takes any size, one at which its feature maps are still feature maps.
constexpr int64_t kModestExtent = 32;

using Dimensions = std::vector<int64_t>;

int64_t NumberOfElements(const Dimensions& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::string Example(const Dimensions& shape, bool of_indices) {
  if (of_indices) return "1,16:int64";
  switch (shape.size()) {
    case 3:
      return "1," + std::to_string(shape[1]) + ",128";
    case 4:
      return "1," + std::to_string(shape[1]) + ",224,224";
    case 5:
      return "1," + std::to_string(shape[1]) + ",16,112,112";
    default:
      return "1,784";
  }
}

[[noreturn]] void ThrowNotDerivable(const std::string& why, const InputShape& tried) {
  throw Error(ErrorKind::kInputShapeInvalid,
              "the shape of the model's input cannot be derived from its weights (tried " + OptionText(tried) + ": " +
                  why + "); give it, batch dimension included, for example --input-shape " +
                  Example(tried.dimensions, !tried.dtype.empty()));
}

/// Looks for the shape by running the model, following what the mismatches ask for.
class Search {
 public:
  Search(const TryShape& try_shape, const FirstLayer& first_layer) : try_shape_(try_shape), first_layer_(first_layer) {}

  InputShape Find() {
    for (const size_t axes : {2, 3, 4, 5}) {
      dtype_.clear();
      if (const auto found = FindFrom(Dimensions(axes, 1))) return {*found, dtype_};
    }
    if (obstacle_.mismatch) ThrowNotDerivable(obstacle_.mismatch->what(), obstacle_.shape);
    try_shape_(obstacle_.shape);  // fails once more, by the model's own doing
    return obstacle_.shape;
  }

 private:
  enum class Outcome { kFits, kMismatch, kFails };

  /// Why a run failed.
  struct Obstacle {
    InputShape shape;
    std::optional<ShapeMismatch> mismatch;  ///< Absent: the model's own code failed.
    bool after_weights = false;             ///< The run had got to layers with weights.
  };

  Outcome Try(const Dimensions& dimensions) {
    const InputShape shape{dimensions, dtype_};
    mismatch_.reset();
    try {
      try_shape_(shape);
      return Outcome::kFits;
    } catch (const ShapeMismatch& mismatch) {
      mismatch_ = mismatch;
    } catch (const ForwardFailure&) {
      // Perhaps it needs another number of axes.
    }
    Note({shape, mismatch_, !first_layer_().empty()});
    return mismatch_ ? Outcome::kMismatch : Outcome::kFails;
  }

  /// Keeps the obstacle that says most: the first one after layers with weights, else the last mismatch.
  void Note(Obstacle obstacle) {
    const bool better = obstacle.after_weights || obstacle.mismatch || obstacle_.shape.dimensions.empty();
    if (better && !obstacle_.after_weights) obstacle_ = std::move(obstacle);
  }

  /// From a first guess, takes over the sizes of axes that the first operations ask for, then searches the extent of
  /// the other axes. nullopt: no way on from this guess.
  std::optional<Dimensions> FindFrom(Dimensions shape) {
    // Each step settles one axis or the number of axes; more steps than that lead nowhere.
    for (size_t step = 0; step < shape.size() + 4; ++step) {
      const Outcome outcome = Try(shape);
      if (outcome == Outcome::kFails) return std::nullopt;
      if (outcome == Outcome::kMismatch && mismatch_->expects_indices() && dtype_.empty()) {
        dtype_ = "int64";
        shape.assign(2, 1);
        continue;
      }
      const std::string first_layer = first_layer_();
      const bool convolution_first = first_layer.rfind("conv", 0) == 0;
      if (outcome == Outcome::kFits) return convolution_first ? FindExtent(shape) : shape;
      const auto& expected = mismatch_->expected();
      const bool about_extent = !expected && mismatch_->extent() != Extent::kUnknown;
      if (shape.size() > FirstExtent() && (convolution_first || about_extent)) return FindExtent(shape);
      // A linear layer has what it asked for, and what follows it does not fit.
      if (!first_layer.empty() || !expected || !Adopt(*expected, shape)) return std::nullopt;
    }
    return std::nullopt;
  }

  /// Changes `shape` as an operation demands. Returns false where that changes nothing.
  static bool Adopt(const ShapeMismatch::AxisSize& expected, Dimensions& shape) {
    const Dimensions before = shape;
    if (expected.axes > 0 && static_cast<size_t>(expected.axes) != shape.size()) shape.assign(expected.axes, 1);
    const int64_t axis = expected.axis < 0 ? expected.axis + static_cast<int64_t>(shape.size()) : expected.axis;
    if (axis < 1 || axis >= static_cast<int64_t>(shape.size())) return false;
    shape[axis] = expected.size;
    return shape != before;
  }

  /// Axes from this one on are positions: behind the batch, and the channels where it has some.
  size_t FirstExtent() const { return dtype_.empty() ? 2 : 1; }

  Dimensions WithExtent(Dimensions shape, int64_t extent) const {
    std::fill(shape.begin() + static_cast<int64_t>(FirstExtent()), shape.end(), extent);
    return shape;
  }

  /// What is wrong with an extent: nothing, or kTooSmall, kTooLarge, or something that no extent mends.
  std::optional<Extent> TryExtent(const Dimensions& shape, int64_t extent) {
    const Outcome outcome = Try(WithExtent(shape, extent));
    if (outcome == Outcome::kFits) return std::nullopt;
    return outcome == Outcome::kMismatch ? mismatch_->extent() : Extent::kUnknown;
  }

  std::optional<Dimensions> FindExtent(const Dimensions& shape) {
    if (!searched_.emplace(shape, dtype_).second) return std::nullopt;  // another guess has led here before
    // Doubling first: a run at the largest extent could cost more than all that follows.
    int64_t too_small = 0;
    int64_t upper = 1;
    while (TryExtent(shape, upper) == Extent::kTooSmall) {
      too_small = upper;
      upper *= 2;
      if (upper > kLargestExtent || NumberOfElements(WithExtent(shape, upper)) > kMostElements) return std::nullopt;
    }
    // The smallest extent that is not too small.
    while (upper - too_small > 1) {
      const int64_t middle = too_small + (upper - too_small) / 2;
      (TryExtent(shape, middle) == Extent::kTooSmall ? too_small : upper) = middle;
    }
    if (upper < kModestExtent && !TryExtent(shape, kModestExtent)) return WithExtent(shape, kModestExtent);
    if (!TryExtent(shape, upper)) return WithExtent(shape, upper);
    // What stands in the way of the nearest extent says most.
    obstacle_ = {{WithExtent(shape, upper), dtype_}, mismatch_, true};
    return std::nullopt;
  }

  const TryShape& try_shape_;
  const FirstLayer& first_layer_;
  std::optional<ShapeMismatch> mismatch_;  // of the last run
  Obstacle obstacle_;
  std::set<std::pair<Dimensions, std::string>> searched_;
  std::string dtype_;  // of the shapes that are tried
};

}  // namespace

std::string OptionText(const InputShape& shape) {
  std::string text;
  for (const int64_t size : shape.dimensions) text += (text.empty() ? "" : ",") + std::to_string(size);
  return shape.dtype.empty() ? text : text + ":" + shape.dtype;
}

InputShape DeriveInputShape(const TryShape& try_shape, const FirstLayer& first_layer) {
  return Search(try_shape, first_layer).Find();
}

}  // namespace modlab::reader
