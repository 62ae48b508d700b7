#include "core/spectral/normalized_adjacency.h"

namespace modlab {

NormalizedAdjacency::NormalizedAdjacency(const AffinityOperator& affinity) : affinity_(affinity) {
  const std::vector<double>& degrees = affinity.degrees();
  for (int unit = 0; unit < affinity.units(); ++unit) {
    if (degrees[unit] > 0) units_.push_back(unit);
  }
  degrees_ = Eigen::Map<const Eigen::VectorXd>(degrees.data(), affinity.units())(units_);
  scale_ = degrees_.cwiseSqrt().cwiseInverse();
  if (const auto sides = affinity.Sides()) {
    sides_.emplace();
    for (const int unit : units_) sides_->push_back((*sides)[unit]);
  }
}

Eigen::MatrixXd NormalizedAdjacency::Apply(const Eigen::Ref<const Eigen::MatrixXd>& x) const {
  all_x_.setZero(affinity_.units(), x.cols());
  all_y_.resize(affinity_.units(), x.cols());
  all_x_(units_, Eigen::all) = scale_.asDiagonal() * x;
  affinity_.Apply(all_x_.data(), all_y_.data(), static_cast<int>(x.cols()));
  return scale_.asDiagonal() * all_y_(units_, Eigen::all);
}

}  // namespace modlab
