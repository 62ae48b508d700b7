#pragma once

#include <cstdint>
#include <vector>

#include "core/community/comparison.h"
#include "core/community/leiden.h"
#include "core/graph/labelling.h"
#include "core/graph/unit_graph.h"
#include "core/run_context.h"

namespace modlab {

/// Partitions with an adjusted Rand index of at least this are nearly the same: one plateau.
inline constexpr double kPlateauAgreement = 0.95;

struct SweepOptions {
  /// For every resolution; its own is not used.
  LeidenOptions leiden = {};
  /// 0 < least < most, both finite.
  double least = 0.2;
  double most = 3;
  /// How many, evenly spaced in log gamma, both ends included; at least 2.
  int steps = 40;
  /// Plateaus to tell, the longest ones.
  int plateaus = 10;
};

/// A partition, whose modularity is linear in the resolution gamma.
struct SweptPartition {
  Labelling labelling;
  /// What was maximised is `internal` - gamma * `expected`.
  double internal = 0;
  double expected = 0;
  /// Newman's Q at gamma = 1.
  double newman = 0;
  /// The resolutions at which no other partition that was found has more.
  double least = 0;
  double most = 0;

  double modularity(double resolution) const { return internal - resolution * expected; }
};

/// The best partition found for one resolution.
struct SweepStep {
  double resolution = 0;
  int partition = 0;             ///< Index in ResolutionSweep::partitions.
  PartitionCloseness closeness;  ///< To the partition of the step before; of the first: to itself.
};

/// A stretch of resolutions whose best partitions have an adjusted Rand index of at least kPlateauAgreement with one of
/// them, the one that is the best over a longer part of the stretch, in log gamma, than any other.
struct Plateau {
  int partition = 0;  ///< That one's index in ResolutionSweep::partitions.
  double least = 0;
  double most = 0;
};

struct ResolutionSweep {
  /// Each the best somewhere, by resolution, ascending: the first from `least`, the last to `most` of the options.
  std::vector<SweptPartition> partitions;
  std::vector<SweepStep> steps;
  /// The longest in log gamma first. They do not overlap. A stretch of one cluster, or of a cluster for each unit with
  /// edges, is none.
  std::vector<Plateau> plateaus;
};

/// `steps` resolutions from `least` to `most`, evenly spaced in log gamma.
std::vector<double> LogSpaced(double least, double most, int steps);

/// Those of the partitions that are the best at some resolution from `least` to `most`, in this order, with where they
/// are (CHAMP, the convex hull of admissible modularity partitions: Weir, Emmons, Gibson, Taylor & Mucha 2017). Of
/// equal ones the first stays.
std::vector<SweptPartition> BestByResolution(const std::vector<SweptPartition>& partitions, double least, double most);

/// Runs Leiden at every resolution, and evaluates what was found, and the `known` partitions, at all of them: one that
/// was found at another may be the better. Long plateaus of the number of clusters speak for structure at that scale
/// (Arenas, Fernandez & Gomez 2008), which a single resolution may not see (Fortunato & Barthelemy 2007).
///
/// Resolutions are side by side on all threads, each on one; the same whatever their number. As much work as `steps`
/// calls of Leiden. Phase reported: `sweep`. Errors: Leiden's, kInvalidOption.
/// Known partitions are numbered in order of first appearance.
ResolutionSweep SweepResolutions(const UnitGraph& graph, const SweepOptions& options,
                                 const std::vector<Labelling>& known, RunContext& context);

}  // namespace modlab
