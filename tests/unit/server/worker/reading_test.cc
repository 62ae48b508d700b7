#include "server/worker/reading.h"

#include <gtest/gtest.h>

namespace modlab::server {
namespace {

v1::Partition& AddPartition(v1::ScoreResult& result, v1::Partition::Method method, int clusters) {
  v1::Partition& partition = *result.add_partitions();
  partition.set_method(method);
  partition.set_clusters(clusters);
  partition.mutable_modularity()->set_newman(0.25);
  partition.set_ncut(0.5);
  return partition;
}

void SetTest(v1::NullTest& test, double mean, double sd, double p) {
  test.set_mean(mean);
  test.set_sd(sd);
  test.set_p(p);
}

TEST(Reading, SaysWhatNullModelsSay) {
  v1::ScoreResult result;
  v1::Significance& significance = *AddPartition(result, v1::Partition::SPECTRAL, 3).mutable_significance();
  significance.set_samples(99);
  significance.set_null_model(v1::NullSpec::LAYER);
  SetTest(*significance.mutable_modularity(), -0.0001, 0.002, 0.01);
  SetTest(*significance.mutable_ncut(), 1.5, 0.1, 0.01);
  EXPECT_EQ(
      ReadResult(result),
      "Spectral clustering (k = 3): more modular and more clusterable than its shuffled weights: Q = 0.250 against "
      "0.000 ± 0.002, p = 0.01; n-cut = 0.500 against 1.500 ± 0.100, p = 0.01.");
  significance.mutable_modularity()->set_p(0.2);
  EXPECT_NE(ReadResult(result).find("more clusterable, but not more modular, than"), std::string::npos);
  significance.mutable_ncut()->set_p(0.2);
  EXPECT_NE(ReadResult(result).find("no more modular than"), std::string::npos);
  significance.set_samples(9);
  EXPECT_NE(ReadResult(result).find("9 null models are too few to say"), std::string::npos);
}

TEST(Reading, SaysWhetherPartitionsAgree) {
  v1::ScoreResult result;
  AddPartition(result, v1::Partition::PLANTED, 2);
  AddPartition(result, v1::Partition::SPECTRAL, 3);
  AddPartition(result, v1::Partition::LEIDEN, 4);
  for (const double index : {0.9, 0.5, 0.1}) result.add_agreements()->set_adjusted_rand_index(index);
  EXPECT_EQ(
      ReadResult(result),
      "The planted partition (k = 2): Q = 0.250; no null model says whether that is much. Spectral clustering (k = "
      "3): Q = 0.250; no null model says whether that is much. Leiden (k = 4): Q = 0.250; no null model says "
      "whether that is much. The planted partition (k = 2) and spectral clustering (k = 3) agree (ARI 0.90). The "
      "planted partition (k = 2) and Leiden (k = 4) agree in part (ARI 0.50). Spectral clustering (k = 3) and "
      "Leiden (k = 4) do not agree (ARI 0.10).");
}

}  // namespace
}  // namespace modlab::server
