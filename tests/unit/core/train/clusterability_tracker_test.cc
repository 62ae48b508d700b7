#include "core/train/clusterability_tracker.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "core/random.h"

namespace modlab {
namespace {

/// A chain of layers whose weights are in memory of its own.
struct ChainGraph {
  explicit ChainGraph(const std::vector<int>& sizes) {
    Random random(7);
    for (const int size : sizes) graph.AddGroup({"layer", "linear", size});
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
      auto weight = std::make_shared<std::vector<float>>(static_cast<size_t>(sizes[i]) * sizes[i + 1]);
      for (float& value : *weight) value = static_cast<float>(random.Uniform() - 0.5);
      Block block;
      block.source = static_cast<int>(i);
      block.target = static_cast<int>(i) + 1;
      block.source_units = sizes[i];
      block.target_units = sizes[i + 1];
      block.float_data = weight->data();
      block.target_stride = sizes[i];
      block.owner = weight;
      graph.AddBlock(block);
      weights.push_back(weight);
    }
  }

  void Change(uint64_t seed, double by) {
    Random random(seed);
    for (const auto& weight : weights) {
      for (float& value : *weight) value += static_cast<float>(by * (random.Uniform() - 0.5));
    }
  }

  std::vector<std::shared_ptr<std::vector<float>>> weights;
  UnitGraph graph;
};

constexpr int kEigenvalues = 3;

class ClusterabilityTrackerTest : public testing::Test {
 protected:
  ClusterabilityTrackerTest() { options_.eigenvalues = kEigenvalues; }

  Clusterability Exact(const UnitGraph& graph) { return ComputeClusterability(graph, options_, context_); }

  ClusterabilityOptions options_;
  RunContext context_;
};

TEST_F(ClusterabilityTrackerTest, FollowsANetworkThatChanges) {
  ChainGraph chain({150, 120, 20, 20, 4});
  ClusterabilityTracker tracker(chain.graph, options_, context_);
  for (uint64_t time = 0; time < 5; ++time) {
    const Clusterability found = tracker.Compute(context_);
    EXPECT_GT(tracker.applications(), 0);
    const Clusterability exact = Exact(chain.graph);
    ASSERT_EQ(found.eigenvalues.size(), exact.eigenvalues.size());
    for (int i = 0; i < kEigenvalues; ++i) EXPECT_NEAR(found.eigenvalues[i], exact.eigenvalues[i], 1e-3) << time;
    EXPECT_NEAR(found.sum, exact.sum, 3e-3);
    // u D u = 1, and the vectors are those of the same eigenvalues up to their sign.
    for (int i = 0; i < kEigenvalues; ++i) {
      const double cosine = found.coordinates.col(i).normalized().dot(exact.coordinates.col(i).normalized());
      EXPECT_GT(std::abs(cosine), 0.99) << time << " " << i;
      EXPECT_NEAR(found.coordinates.col(i).norm() / exact.coordinates.col(i).norm(), 1, 1e-2);
    }
    chain.Change(time, 0.05);
  }
}

TEST_F(ClusterabilityTrackerTest, IsFasterFromWhereItWas) {
  ChainGraph chain({150, 120, 20, 20, 4});
  ClusterabilityTracker tracker(chain.graph, options_, context_);
  tracker.Compute(context_);
  const int first = tracker.applications();
  chain.Change(1, 0.01);
  tracker.Compute(context_);
  EXPECT_LT(tracker.applications(), first);
}

TEST_F(ClusterabilityTrackerTest, GoesOnFromASubspaceToTheBit) {
  ChainGraph chain({150, 120, 20, 20, 4});
  ClusterabilityTracker tracker(chain.graph, options_, context_);
  tracker.Compute(context_);
  ClusterabilityTracker other(chain.graph, options_, context_);
  other.set_subspace(tracker.subspace());
  chain.Change(1, 0.05);
  EXPECT_EQ(tracker.Compute(context_).coordinates, other.Compute(context_).coordinates);
}

TEST_F(ClusterabilityTrackerTest, FindsPlantedClusters) {
  ChainGraph chain({80, 80, 80});
  for (const auto& weight : chain.weights) {
    for (size_t i = 0; i < weight->size(); ++i) {
      if ((i / 80 < 40) != (i % 80 < 40)) (*weight)[i] *= 0.1F;
    }
  }
  options_.eigenvalues = 1;
  ClusterabilityTracker tracker(chain.graph, options_, context_);
  const Clusterability found = tracker.Compute(context_);
  EXPECT_GT(tracker.applications(), 0);
  EXPECT_NEAR(found.sum, Exact(chain.graph).sum, 1e-4);
  EXPECT_LT(found.sum, 0.25);
}

TEST_F(ClusterabilityTrackerTest, LeavesOtherNetworksToTheExactOne) {
  const ChainGraph small({8, 8, 4});
  ClusterabilityTracker of_small(small.graph, options_, context_);
  EXPECT_EQ(of_small.Compute(context_).coordinates, Exact(small.graph).coordinates);
  EXPECT_EQ(of_small.applications(), 0);
  ChainGraph scaled({80, 80, 80});
  scaled.graph.RaiseThreshold(0.1);
  ClusterabilityTracker of_scaled(scaled.graph, options_, context_);
  EXPECT_EQ(of_scaled.Compute(context_).coordinates, Exact(scaled.graph).coordinates);
  EXPECT_EQ(of_scaled.applications(), 0);
}

TEST_F(ClusterabilityTrackerTest, SeveralComponentsCountAsEigenvaluesOf0) {
  ChainGraph chain({80, 80, 80});
  for (const auto& weight : chain.weights) {
    for (size_t i = 0; i < weight->size(); ++i) {
      if ((i / 80 < 40) != (i % 80 < 40)) (*weight)[i] = 0;
    }
  }
  ClusterabilityTracker tracker(chain.graph, options_, context_);
  const Clusterability found = tracker.Compute(context_);
  const Clusterability exact = Exact(chain.graph);
  EXPECT_NEAR(found.eigenvalues[0], 0, 1e-5);
  EXPECT_NEAR(found.sum, exact.sum, 1e-2);
}

}  // namespace
}  // namespace modlab
