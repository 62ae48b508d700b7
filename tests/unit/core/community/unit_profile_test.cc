#include "core/community/unit_profile.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "tests/unit/core/test_graphs.h"

namespace modlab {
namespace {

TEST(ProfileUnits, EqualsTheFormulaOnTheDenseAdjacency) {
  for (const int seed : {1, 2, 3}) {
    const UnitGraph graph = test::MixedGraph(seed);
    const Eigen::MatrixXd adjacency = test::DenseAdjacency(graph);
    Random random(seed);
    Labelling labelling{std::vector<int>(graph.units()), 4};
    for (int& label : labelling.labels) label = random.Index(5) - 1;
    RunContext context(2);
    const std::vector<UnitProfile> profiles = ProfileUnits(graph, labelling, context);
    for (int unit = 0; unit < graph.units(); ++unit) {
      Eigen::Vector4d by_cluster = Eigen::Vector4d::Zero();
      for (int other = 0; other < graph.units(); ++other) {
        if (other != unit && labelling.labels[other] >= 0) {
          by_cluster[labelling.labels[other]] += adjacency(unit, other);
        }
      }
      const double degree = by_cluster.sum();
      const int own = labelling.labels[unit];
      EXPECT_NEAR(profiles[unit].degree, degree, 1e-12);
      EXPECT_NEAR(profiles[unit].within, own < 0 ? 0 : by_cluster[own], 1e-12);
      EXPECT_NEAR(profiles[unit].participation, degree > 0 ? 1 - (by_cluster / degree).squaredNorm() : 0, 1e-12);
    }
  }
}

}  // namespace
}  // namespace modlab
