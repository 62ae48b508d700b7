#include "server/comparison/agreement.h"

#include <cstdint>

#include "core/community/comparison.h"

namespace modlab::server {
namespace {

v1::PartitionAgreement ToProto(const PartitionComparison& comparison) {
  v1::PartitionAgreement agreement;
  agreement.set_adjusted_rand_index(comparison.adjusted_rand_index);
  agreement.set_normalized_mutual_information(comparison.normalized_mutual_information);
  agreement.set_adjusted_mutual_information(comparison.adjusted_mutual_information);
  agreement.set_variation_of_information(comparison.variation_of_information);
  agreement.set_units(static_cast<int32_t>(comparison.units));
  return agreement;
}

}  // namespace

v1::PartitionAgreement Agreement(const std::vector<int>& first, const std::vector<int>& second) {
  return ToProto(ComparePartitions(first, second));
}

v1::ComparePartitionsResponse AgreementWithTable(const std::vector<int>& first, const std::vector<int>& second) {
  const PartitionComparison comparison = ComparePartitions(first, second);
  v1::ComparePartitionsResponse response;
  *response.mutable_agreement() = ToProto(comparison);
  response.set_left_out(static_cast<int32_t>(static_cast<int64_t>(first.size()) - comparison.units));
  response.mutable_first_clusters()->Assign(comparison.first_labels.begin(), comparison.first_labels.end());
  response.mutable_second_clusters()->Assign(comparison.second_labels.begin(), comparison.second_labels.end());
  response.mutable_contingency()->Reserve(static_cast<int>(comparison.contingency.size()));
  for (const int64_t units : comparison.contingency) response.add_contingency(static_cast<int32_t>(units));
  return response;
}

}  // namespace modlab::server
