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

std::optional<Eigen::MatrixXd> NormalizedAdjacency::Gram(const std::vector<int>& side, int applications) const {
  const std::vector<char> side_of_unit = affinity_.Sides().value();
  const char columns_side = sides_->at(side[0]);
  std::vector<double> row_scale(affinity_.units(), 0.0);
  for (int row = 0; row < size(); ++row) row_scale[units_[row]] = scale_[row];
  auto gram = affinity_.SideGram(columns_side, row_scale, applications);
  if (!gram) return std::nullopt;
  std::vector<int> column_of_unit(affinity_.units());
  int columns = 0;
  for (int unit = 0; unit < affinity_.units(); ++unit) {
    column_of_unit[unit] = columns;
    if (side_of_unit[unit] == columns_side) ++columns;
  }
  std::vector<int> kept;  // those with edges
  kept.reserve(side.size());
  for (const int row : side) kept.push_back(column_of_unit[units_[row]]);
  if (gram->cols() > static_cast<Eigen::Index>(kept.size())) gram = (*gram)(kept, kept).eval();
  const Eigen::VectorXd scale = scale_(side);
  gram->array().colwise() *= scale.array();
  gram->array().rowwise() *= scale.transpose().array();
  return gram;
}

Eigen::MatrixXd NormalizedAdjacency::Apply(const Eigen::Ref<const Eigen::MatrixXd>& x) const {
  all_x_.setZero(affinity_.units(), x.cols());
  all_y_.resize(affinity_.units(), x.cols());
  all_x_(units_, Eigen::all) = scale_.asDiagonal() * x;
  affinity_.Apply(all_x_.data(), all_y_.data(), static_cast<int>(x.cols()));
  return scale_.asDiagonal() * all_y_(units_, Eigen::all);
}

}  // namespace modlab
