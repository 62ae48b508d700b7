#pragma once

#include "core/spectral/kmeans_points.h"

/// The inner loops of k-means, over points in blocks (kmeans_points.h). Every squared distance is the sum of the
/// squared differences in the order of the coordinates, so that the same two places have the same distance in all of
/// them, to the bit and on every CPU.
namespace modlab {

/// Blocks whose distances are summed up by themselves, for drawing.
inline constexpr int kTileBlocks = 8;
inline constexpr int kTilePoints = kTileBlocks * kBlockPoints;

/// Where the distances to candidate c go: from distances[c distances_stride] and tile_sums[c tile_sums_stride] on.
struct CandidateDistances {
  double* distances;
  ptrdiff_t distances_stride;
  double* tile_sums;
  ptrdiff_t tile_sums_stride;
};

/// What each of the candidates ([count][dimensions]) would change as one more centre: distances[i] is
/// |point i - candidate|^2, and tile_sums has for every kTileBlocks blocks the sum of min(nearest[i], distances[i]).
void DistancesToCandidates(const double* points, int blocks, int dimensions, const double* candidates, int count,
                           const double* nearest, const CandidateDistances& to);

/// Takes in a centre: of the squared distances to all centres so far, nearest[i] is the lowest, of centre labels[i],
/// the earliest of equal ones, and second[i] the next lowest.
void TakeInCentre(const double* distances, int count, int cluster, double* nearest, double* second, int* labels);

/// The same for all `clusters` centres ([clusters][dimensions]) at once.
void FindNearestTwo(const double* points, int blocks, int dimensions, const double* centres, int clusters,
                    double* nearest, double* second, int* labels);

/// gaps[i] is at most the difference of second[i]'s and nearest[i]'s roots, by enough that rounding of distances in
/// `dimensions` dimensions, then and later, cannot turn their order while the centres move by less than the gap.
void FindGaps(const double* nearest, const double* second, int count, int dimensions, double* gaps);

}  // namespace modlab
