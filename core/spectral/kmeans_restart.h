#pragma once

#include <vector>

#include "core/random.h"
#include "core/run_context.h"
#include "core/spectral/kmeans_points.h"

namespace modlab {

/// Starts of k-means, one after the other in the same memory: centres by greedy k-means++ (Arthur & Vassilvitskii
/// 2007), then Lloyd's iterations until no label changes. One thread uses it at a time; points and context must outlive
/// it.
///
/// A point's distances are worked out only where its label may change, first in single precision
/// (kmeans_screening.h), and again where that does not tell. How much nearer its own centre is than any other
/// says how far centres may move before that (Hamerly, "Making k-means even faster", 2010), rounding included, so
/// labels are those of plain Lloyd's iterations. A cluster's sum follows the points that come and go. When no label
/// changes, sums are taken anew and the labels looked at again: where a start ends does not depend on the way there.
class KMeansRestart {
 public:
  KMeansRestart(const KMeansPoints& points, int clusters, int max_iterations, const RunContext& context);

  /// Makes one start with these draws; returns its inertia. O(n d clusters log(clusters)) for the centres,
  /// O(n d clusters) at most for an iteration. Checks for cancellation.
  double Run(Random random);

  /// Of the last start, per point, 0 ... clusters - 1.
  const std::vector<int>& labels() const { return labels_; }

 private:
  void ChooseCentres(Random& random);
  int DrawByDistance(Random& random) const;
  void TakeInBest(const std::vector<int>& drawn, int cluster);

  void StartBounds();
  void SumClusters();
  void MoveCentres();
  void FillEmptyClusters();
  void AddTravels();
  bool Reassign();
  const float* FindDoubtful(int first, int end);
  void SettleUndecided();
  void ChangeLabel(int point, int label);
  void CopyPoint(int point, double* to) const;
  void FindOwnDistances(const std::vector<double>& centres);

  double* RowOf(std::vector<double>& matrix, int cluster) const {
    return matrix.data() + static_cast<size_t>(cluster) * points_.dimensions();
  }

  const KMeansPoints& points_;
  const int clusters_;
  const int candidates_;  ///< For every centre but the first.
  const int max_iterations_;
  const RunContext& context_;

  std::vector<int> labels_;
  std::vector<double> centres_;         ///< [clusters][dimensions], like the next two.
  std::vector<double> centres_before_;  ///< The last move.
  std::vector<double> sums_;            ///< Of each cluster's points.
  std::vector<int> sizes_;
  bool sums_drifted_ = false;  ///< Points have come and gone since they were taken.

  /// Whole blocks: squared distances to the nearest centre, 0 past the last point, and to the next nearest.
  AlignedDoubles nearest_;
  AlignedDoubles second_;
  std::vector<double> tile_sums_;  ///< Of nearest_.
  double potential_ = 0;           ///< The sum of all.
  /// Places of the candidates for the next centre ([candidates][dimensions]), and what DistancesToCandidates says.
  std::vector<double> candidate_places_;
  AlignedDoubles candidate_distances_;
  std::vector<double> candidate_tile_sums_;

  /// Point i keeps its label while travelled_[label] < limits_[i]. travelled_ adds up how far the cluster's centre and,
  /// of the others, the fastest have moved.
  std::vector<double> limits_;
  std::vector<double> travelled_;
  std::vector<float> screening_centres_;
  /// The points of a chunk that may change their label, their coordinates in blocks, and what is found out of them.
  std::vector<int> doubtful_;
  int doubtful_count_ = 0;
  AlignedFloats doubtful_singles_;
  std::vector<int> doubtful_labels_;
  std::vector<float> screening_gaps_;
  std::vector<double> doubtful_gaps_;
  /// Of the doubtful ones, those that single precision leaves undecided.
  std::vector<int> undecided_;
  AlignedDoubles undecided_blocks_;
};

}  // namespace modlab
