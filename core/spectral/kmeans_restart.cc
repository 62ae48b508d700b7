#include "core/spectral/kmeans_restart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/spectral/kmeans_kernels.h"
#include "core/spectral/kmeans_screening.h"

namespace modlab {
namespace {

/// Points between two checks for cancellation: well under a millisecond's work. They stay in the first-level cache.
constexpr int kChunkTiles = 4;
constexpr int kChunkBlocks = kChunkTiles * kTileBlocks;
constexpr int kRestartChunkPoints = kChunkTiles * kTilePoints;

/// One in so many doubtful points of a chunk, and all of them are looked at, as gathering some takes time as well.
constexpr int kGatherShare = 3;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

}  // namespace

KMeansRestart::KMeansRestart(const KMeansPoints& points, int clusters, int max_iterations, const RunContext& context)
    : points_(points),
      clusters_(clusters),
      candidates_(2 + static_cast<int>(std::log(clusters))),
      max_iterations_(max_iterations),
      context_(context) {
  const size_t centre_entries = static_cast<size_t>(clusters) * points.dimensions();
  centres_.resize(centre_entries);
  centres_before_.resize(centre_entries);
  sums_.resize(centre_entries);
  sizes_.resize(clusters);
  travelled_.resize(clusters);
  const size_t padded = static_cast<size_t>(points.blocks()) * kBlockPoints;
  nearest_.resize(padded);
  second_.resize(padded);
  tile_sums_.resize((points.blocks() + kTileBlocks - 1) / kTileBlocks);
  candidate_places_.resize(static_cast<size_t>(candidates_) * points.dimensions());
  candidate_distances_.resize(candidates_ * padded);
  candidate_tile_sums_.resize(candidates_ * tile_sums_.size());
  limits_.resize(points.count());
  labels_.resize(points.count());
  doubtful_.resize(kRestartChunkPoints);
  screening_centres_.resize(static_cast<size_t>(clusters) * ScreeningStride(points.dimensions()));
  doubtful_singles_.resize(static_cast<size_t>(kRestartChunkPoints) * (points.dimensions() + 1));
  doubtful_labels_.resize(kRestartChunkPoints);
  screening_gaps_.resize(kRestartChunkPoints);
  doubtful_gaps_.resize(kRestartChunkPoints);
  undecided_.resize(kRestartChunkPoints);
  undecided_blocks_.resize(static_cast<size_t>(kRestartChunkPoints) * points.dimensions());
}

double KMeansRestart::Run(Random random) {
  ChooseCentres(random);
  StartBounds();
  SumClusters();
  for (int iteration = 1; iteration < max_iterations_; ++iteration) {
    MoveCentres();
    if (Reassign()) continue;
    if (!sums_drifted_) break;
    SumClusters();
  }
  FindOwnDistances(centres_);
  return std::accumulate(nearest_.begin(), nearest_.begin() + points_.count(), 0.0);
}

/// Every next centre is the best of a few points drawn with probability proportional to the squared distance to the
/// nearest centre so far. Leaves labels, and the distances to the nearest centre and to the next.
void KMeansRestart::ChooseCentres(Random& random) {
  std::fill_n(nearest_.begin(), points_.count(), std::numeric_limits<double>::infinity());
  std::ranges::fill(second_, std::numeric_limits<double>::infinity());
  std::ranges::fill(labels_, 0);
  TakeInBest({random.Index(points_.count())}, 0);
  std::vector<int> drawn(candidates_);
  for (int cluster = 1; cluster < clusters_; ++cluster) {
    for (int& point : drawn) point = DrawByDistance(random);
    TakeInBest(drawn, cluster);
  }
}

int KMeansRestart::DrawByDistance(Random& random) const {
  double left = random.Uniform() * potential_;
  if (potential_ == 0) return random.Index(points_.count());  // every point lies on a centre
  size_t tile = 0;
  for (; tile + 1 < tile_sums_.size() && left >= tile_sums_[tile]; ++tile) left -= tile_sums_[tile];
  const int first = static_cast<int>(tile) * kTilePoints;
  const int end = std::min(first + kTilePoints, points_.count());
  for (int point = first; point < end; ++point) {
    left -= nearest_[point];
    if (left < 0) return point;
  }
  int point = end - 1;  // rounding has left more than there is
  while (point > 0 && nearest_[point] == 0) --point;
  return point;
}

/// Makes that drawn point a centre that leaves the lowest potential, the first of equal ones.
void KMeansRestart::TakeInBest(const std::vector<int>& drawn, int cluster) {
  const int dimensions = points_.dimensions();
  const int candidates = static_cast<int>(drawn.size());
  const size_t padded = nearest_.size();
  const size_t tiles = tile_sums_.size();
  for (int candidate = 0; candidate < candidates; ++candidate) {
    CopyPoint(drawn[candidate], RowOf(candidate_places_, candidate));
  }
  for (int first = 0; first < points_.blocks(); first += kChunkBlocks) {
    context_.CheckCancelled();
    const ptrdiff_t point = static_cast<ptrdiff_t>(first) * kBlockPoints;
    DistancesToCandidates(points_.block(first), std::min(kChunkBlocks, points_.blocks() - first), dimensions,
                          candidate_places_.data(), candidates, nearest_.data() + point,
                          {.distances = candidate_distances_.data() + point,
                           .distances_stride = static_cast<ptrdiff_t>(padded),
                           .tile_sums = candidate_tile_sums_.data() + first / kTileBlocks,
                           .tile_sums_stride = static_cast<ptrdiff_t>(tiles)});
  }
  int best = 0;
  for (int candidate = 0; candidate < candidates; ++candidate) {
    const double* sums = candidate_tile_sums_.data() + candidate * tiles;
    const double potential = std::accumulate(sums, sums + tiles, 0.0);
    if (candidate > 0 && !(potential < potential_)) continue;
    best = candidate;
    potential_ = potential;
  }
  std::copy_n(candidate_tile_sums_.begin() + best * tiles, tiles, tile_sums_.begin());
  std::copy_n(RowOf(candidate_places_, best), dimensions, RowOf(centres_, cluster));
  const double* distances = candidate_distances_.data() + best * padded;
  for (int first = 0; first < points_.count(); first += kRestartChunkPoints) {
    context_.CheckCancelled();
    TakeInCentre(distances + first, std::min(kRestartChunkPoints, points_.count() - first), cluster,
                 nearest_.data() + first, second_.data() + first, labels_.data() + first);
  }
}

void KMeansRestart::CopyPoint(int point, double* to) const {
  const double* coordinates = points_.point(point);
  for (int j = 0; j < points_.dimensions(); ++j) to[j] = coordinates[j];
}

/// Limits from the distances to the centres that were chosen.
void KMeansRestart::StartBounds() {
  std::ranges::fill(travelled_, 0.0);
  for (int first = 0; first < points_.count(); first += kRestartChunkPoints) {
    context_.CheckCancelled();
    FindGaps(nearest_.data() + first, second_.data() + first, std::min(kRestartChunkPoints, points_.count() - first),
             points_.dimensions(), limits_.data() + first);
  }
}

void KMeansRestart::SumClusters() {
  std::ranges::fill(sums_, 0.0);
  std::ranges::fill(sizes_, 0);
  for (int first = 0; first < points_.count(); first += kRestartChunkPoints) {
    context_.CheckCancelled();
    const int end = std::min(first + kRestartChunkPoints, points_.count());
    for (int i = first; i < end; ++i) {
      const double* point = points_.point(i);
      double* sum = RowOf(sums_, labels_[i]);
      for (int j = 0; j < points_.dimensions(); ++j) sum[j] += point[j];
      ++sizes_[labels_[i]];
    }
  }
  sums_drifted_ = false;
}

/// Moves each centre to the mean of its points, an empty cluster's to the point farthest from its own centre.
void KMeansRestart::MoveCentres() {
  centres_before_ = centres_;
  for (int cluster = 0; cluster < clusters_; ++cluster) {
    if (sizes_[cluster] == 0) continue;
    for (int j = 0; j < points_.dimensions(); ++j) {
      RowOf(centres_, cluster)[j] = RowOf(sums_, cluster)[j] / sizes_[cluster];
    }
  }
  if (std::ranges::count(sizes_, 0) > 0) FillEmptyClusters();
  AddTravels();
}

/// In the order of the clusters, each another point; distances are those by which points were last assigned.
void KMeansRestart::FillEmptyClusters() {
  FindOwnDistances(centres_before_);
  for (int cluster = 0; cluster < clusters_; ++cluster) {
    if (sizes_[cluster] > 0) continue;
    const auto farthest = std::max_element(nearest_.begin(), nearest_.begin() + points_.count());
    if (*farthest == 0) return;  // fewer different points than clusters
    CopyPoint(static_cast<int>(farthest - nearest_.begin()), RowOf(centres_, cluster));
    *farthest = 0;
  }
}

/// Adds the centres' last move to travelled_. Rounded up, so that a point's limit is never passed unnoticed.
void KMeansRestart::AddTravels() {
  std::vector<double> moves(clusters_);
  const double margin = (points_.dimensions() + 8) * kEpsilon;
  for (int cluster = 0; cluster < clusters_; ++cluster) {
    double squared = 0;
    for (int j = 0; j < points_.dimensions(); ++j) {
      const double difference = RowOf(centres_, cluster)[j] - RowOf(centres_before_, cluster)[j];
      squared += difference * difference;
    }
    moves[cluster] = std::sqrt(squared) * (1 + margin) + 1e-150;
  }
  const size_t fastest = std::ranges::max_element(moves) - moves.begin();
  double next_fastest = 0;
  for (int cluster = 0; cluster < clusters_; ++cluster) {
    if (cluster != static_cast<int>(fastest)) next_fastest = std::max(next_fastest, moves[cluster]);
  }
  for (int cluster = 0; cluster < clusters_; ++cluster) {
    const double other = cluster == static_cast<int>(fastest) ? next_fastest : moves[fastest];
    travelled_[cluster] = (travelled_[cluster] + moves[cluster] + other) * (1 + 4 * kEpsilon);
  }
}

/// Gives every point to its nearest centre; whether any label changed.
bool KMeansRestart::Reassign() {
  bool changed = false;
  PackForScreening(centres_.data(), clusters_, points_.dimensions(), points_.scale(), screening_centres_.data());
  for (int first = 0; first < points_.count(); first += kRestartChunkPoints) {
    context_.CheckCancelled();
    const float* singles = FindDoubtful(first, std::min(first + kRestartChunkPoints, points_.count()));
    ScreenNearest(singles, (doubtful_count_ + kSinglesPoints - 1) / kSinglesPoints, points_.dimensions(),
                  screening_centres_.data(), clusters_, doubtful_labels_.data(), screening_gaps_.data());
    SettleUndecided();
    for (int i = 0; i < doubtful_count_; ++i) {
      const int point = doubtful_[i];
      const int label = doubtful_labels_[i];
      limits_[point] = (travelled_[label] + doubtful_gaps_[i]) * (1 - 2 * kEpsilon);
      if (label == labels_[point]) continue;
      ChangeLabel(point, label);
      changed = true;
    }
  }
  return changed;
}

/// Which of these points may change their label; returns their coordinates in blocks.
const float* KMeansRestart::FindDoubtful(int first, int end) {
  int count = 0;
  for (int point = first; point < end; ++point) {
    doubtful_[count] = point;
    count += travelled_[labels_[point]] < limits_[point] ? 0 : 1;
  }
  doubtful_count_ = count;
  if (kGatherShare * count > end - first) {  // all of them where they lie are less work than many of them gathered
    doubtful_count_ = end - first;
    std::iota(doubtful_.begin(), doubtful_.begin() + doubtful_count_, first);
    return points_.singles(first / kSinglesPoints);
  }
  const ptrdiff_t dimensions = points_.dimensions();
  const double scale = points_.scale();
  for (ptrdiff_t i = 0; i < count; ++i) {
    const int point = doubtful_[i];
    const double* from = points_.point(point);
    float* to =
        doubtful_singles_.data() + i / kSinglesPoints * (kSinglesPoints * (dimensions + 1)) + i % kSinglesPoints;
#pragma GCC unroll 4
    for (ptrdiff_t j = 0; j < dimensions; ++j) to[j * kSinglesPoints] = static_cast<float>(from[j] * scale);
    to[dimensions * kSinglesPoints] =
        points_.singles(point / kSinglesPoints)[dimensions * kSinglesPoints + point % kSinglesPoints];
  }
  return doubtful_singles_.data();
}

/// Works out what single precision does not tell.
void KMeansRestart::SettleUndecided() {
  const double unit = 1 / points_.scale();
  int count = 0;
  for (int i = 0; i < doubtful_count_; ++i) {
    doubtful_gaps_[i] = screening_gaps_[i] * unit;
    undecided_[count] = i;
    count += screening_gaps_[i] > 0 ? 0 : 1;
  }
  if (count == 0) return;
  const ptrdiff_t dimensions = points_.dimensions();
  for (ptrdiff_t i = 0; i < count; ++i) {
    const double* from = points_.point(doubtful_[undecided_[i]]);
    double* to = undecided_blocks_.data() + i / kBlockPoints * (kBlockPoints * dimensions) + i % kBlockPoints;
    for (ptrdiff_t j = 0; j < dimensions; ++j) to[j * kBlockPoints] = from[j];
  }
  std::array<double, kRestartChunkPoints> nearest;
  std::array<double, kRestartChunkPoints> second;
  std::array<double, kRestartChunkPoints> gaps;
  std::array<int, kRestartChunkPoints> labels;
  FindNearestTwo(undecided_blocks_.data(), (count + kBlockPoints - 1) / kBlockPoints, points_.dimensions(),
                 centres_.data(), clusters_, nearest.data(), second.data(), labels.data());
  FindGaps(nearest.data(), second.data(), count, points_.dimensions(), gaps.data());
  for (int i = 0; i < count; ++i) {
    doubtful_labels_[undecided_[i]] = labels[i];
    doubtful_gaps_[undecided_[i]] = gaps[i];
  }
}

void KMeansRestart::ChangeLabel(int point, int label) {
  const double* coordinates = points_.point(point);
  double* from = RowOf(sums_, labels_[point]);
  double* to = RowOf(sums_, label);
  for (int j = 0; j < points_.dimensions(); ++j) {
    from[j] -= coordinates[j];
    to[j] += coordinates[j];
  }
  --sizes_[labels_[point]];
  ++sizes_[label];
  labels_[point] = label;
  sums_drifted_ = true;
}

/// Squared distances to the points' own centres.
void KMeansRestart::FindOwnDistances(const std::vector<double>& centres) {
  const int dimensions = points_.dimensions();
  for (int first = 0; first < points_.count(); first += kRestartChunkPoints) {
    context_.CheckCancelled();
    const int end = std::min(first + kRestartChunkPoints, points_.count());
    for (int i = first; i < end; ++i) {
      const double* point = points_.point(i);
      const double* centre = centres.data() + static_cast<size_t>(labels_[i]) * dimensions;
      double squared = 0;
      for (int j = 0; j < dimensions; ++j) {
        const double difference = point[j] - centre[j];
        squared += difference * difference;
      }
      nearest_[i] = squared;
    }
  }
}

}  // namespace modlab
