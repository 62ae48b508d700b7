#pragma once

#include <optional>
#include <vector>

#include "core/spectral/affinity_operator.h"

namespace modlab {

/// Another operator, and how often it was applied: each time reads every weight. Not thread safe.
class CountingAffinity final : public AffinityOperator {
 public:
  /// `counted` must outlive it.
  explicit CountingAffinity(const AffinityOperator& counted) : counted_(counted) {}
  int units() const override { return counted_.units(); }
  void Apply(const double* x, double* y, int columns) const override {
    ++applications_;
    columns_ += columns;
    counted_.Apply(x, y, columns);
  }
  const std::vector<double>& degrees() const override { return counted_.degrees(); }
  std::optional<std::vector<char>> Sides() const override { return counted_.Sides(); }
  /// Nothing, so that A itself is applied.
  std::optional<Eigen::MatrixXd> SideGram(char /*side*/, const std::vector<double>& /*weights*/,
                                          int /*applications*/) const override {
    return std::nullopt;
  }
  std::vector<int> Components() const override { return counted_.Components(); }

  int applications() const { return applications_; }
  /// Vectors that it was applied to, in all applications.
  int columns() const { return columns_; }

 private:
  const AffinityOperator& counted_;
  mutable int applications_ = 0;
  mutable int columns_ = 0;
};

}  // namespace modlab
