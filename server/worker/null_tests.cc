#include "server/worker/null_tests.h"

#include <utility>

#include "core/community/modularity_bound.h"
#include "core/measure/significance.h"
#include "server/comparison/adjustment.h"
#include "server/comparison/tested_modularity.h"
#include "server/worker/mapping.h"

namespace modlab::server {
namespace {

constexpr int kBoundRestarts = 4;

void ToProto(NullTest test, v1::NullTest& result) {
  result.set_mean(test.mean);
  if (test.sd) result.set_sd(*test.sd);
  if (test.z) result.set_z(*test.z);
  result.set_p(test.p);
  result.mutable_values()->Assign(test.values.begin(), test.values.end());
}

/// Kashtan and Alon's Qm, where there is room between the null models' mean and the largest modularity.
void Normalize(const UnitGraph& graph, const FoundPartition& found, double resolution, uint32_t seed,
               RunContext& context, v1::Partition& partition) {
  v1::Significance& significance = *partition.mutable_significance();
  const double largest = ModularityStrengthBound(graph, found.labelling, resolution, kBoundRestarts, seed, context);
  const double mean = significance.modularity().mean();
  significance.set_largest_modularity(largest);
  if (largest > mean) {
    significance.set_normalized_modularity((partition.modularity().newman() - mean) / (largest - mean));
  }
}

/// All tests of the job together.
void AdjustPValues(google::protobuf::RepeatedPtrField<v1::Partition>& partitions) {
  std::vector<v1::NullTest*> tests;
  for (v1::Partition& partition : partitions) {
    tests.push_back(partition.mutable_significance()->mutable_modularity());
    tests.push_back(partition.mutable_significance()->mutable_ncut());
  }
  AdjustForTheirNumber(tests);
}

}  // namespace

void TestAgainstNulls(const UnitGraph& graph, const std::vector<FoundPartition>& found, const NullSource& source,
                      const v1::ScoreSpec& spec, uint32_t seed, RunContext& context,
                      google::protobuf::RepeatedPtrField<v1::Partition>& partitions) {
  std::vector<TestedPartition> tested;
  for (size_t i = 0; i < found.size(); ++i) {
    const v1::Partition& partition = partitions[static_cast<int>(i)];
    tested.push_back({found[i].find, found[i].objective, TestedModularity(partition), partition.ncut()});
  }
  const int exceedances = spec.nulls().exceedances();
  std::vector<NullValues> values = SampleNulls(
      source, tested,
      {.samples = spec.nulls().samples(), .exceedances = exceedances, .resolution = spec.resolution(), .seed = seed},
      context);
  for (size_t i = 0; i < found.size(); ++i) {
    v1::Partition& partition = partitions[static_cast<int>(i)];
    v1::Significance& significance = *partition.mutable_significance();
    significance.set_null_model(spec.nulls().model());
    significance.set_samples(static_cast<int>(values[i].modularity.size()));
    ToProto(TestAgainst(tested[i].modularity, std::move(values[i].modularity), Tail::kUpper, exceedances),
            *significance.mutable_modularity());
    ToProto(TestAgainst(tested[i].ncut, std::move(values[i].ncut), Tail::kLower, exceedances),
            *significance.mutable_ncut());
    if (found[i].objective == Objective::kNewman) {
      Normalize(graph, found[i], spec.resolution(), seed, context, partition);
    }
  }
  AdjustPValues(partitions);
}

}  // namespace modlab::server
