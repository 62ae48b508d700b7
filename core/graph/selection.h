#pragma once

#include <vector>

#include "core/graph/model_reader.h"
#include "core/graph/unit_tracker.h"

namespace modlab::reader {

/// What of a network its options leave in the graph.
class Selection {
 public:
  /// The tracker must outlive it. Errors: kInvalidOption (a pattern is no layer's name).
  Selection(const UnitTracker& tracker, const ReaderOptions& options);

  /// Whether a weight operation takes part.
  bool Has(const WeightOperation& operation) const;
  /// Whether a unit, by representative, may be in the graph.
  bool HasUnit(int unit) const { return has_unit_[unit] != 0; }

 private:
  bool IsConvolution(int range) const;

  const UnitTracker& tracker_;
  std::vector<std::string> layers_;
  bool only_convolutions_;
  std::vector<char> has_unit_;
};

}  // namespace modlab::reader
