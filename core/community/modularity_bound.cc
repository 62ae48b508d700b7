#include "core/community/modularity_bound.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "core/community/objective.h"
#include "core/random.h"

namespace modlab {
namespace {

/// One start of the local search.
class BoundSearch {
 public:
  /// `strengths` are by block.
  BoundSearch(const ExpectedWeights& strengths, std::vector<int> labels, int clusters, double resolution)
      : strengths_(strengths),
        labels_(std::move(labels)),
        clusters_(clusters),
        resolution_(resolution),
        degrees_(strengths.nodes(), 0.0),
        volumes_(clusters, 0.0),
        out_(static_cast<size_t>(clusters) * strengths.parts(), 0.0),
        in_(out_.size(), 0.0) {
    for (int unit = 0; unit < strengths_.nodes(); ++unit) {
      for (const auto* part = strengths_.begin(unit); part != strengths_.end(unit); ++part) {
        degrees_[unit] += part->out + part->in;
      }
      total_ += degrees_[unit];
      if (labels_[unit] >= 0) Add(unit, labels_[unit], 1);
    }
  }

  double Run(Random& random, const RunContext& context) {
    std::vector<int> order;
    for (int unit = 0; unit < strengths_.nodes(); ++unit) {
      if (labels_[unit] >= 0) order.push_back(unit);
    }
    for (bool moved = true; moved;) {
      moved = false;
      random.Shuffle(order);
      for (const int unit : order) {
        context.CheckCancelled();
        moved = Move(unit) || moved;
      }
    }
    return Value();
  }

 private:
  void Add(int unit, int cluster, double sign) {
    for (const auto* part = strengths_.begin(unit); part != strengths_.end(unit); ++part) {
      out_[Index(cluster, part->part)] += sign * part->out;
      in_[Index(cluster, part->part)] += sign * part->in;
    }
    volumes_[cluster] += sign * degrees_[unit];
  }

  size_t Index(int cluster, int part) const { return static_cast<size_t>(cluster) * strengths_.parts() + part; }

  /// What the unit adds to a cluster that it is not in.
  double Gain(int unit, int cluster) const {
    double partners = 0;
    for (const auto* part = strengths_.begin(unit); part != strengths_.end(unit); ++part) {
      const double out = out_[Index(cluster, part->part)];
      const double in = in_[Index(cluster, part->part)];
      partners += std::min(out + part->out, in + part->in) - std::min(out, in);
    }
    const double volume = volumes_[cluster] / total_;
    const double degree = degrees_[unit] / total_;
    return 2 * partners / total_ - resolution_ * degree * (2 * volume + degree);
  }

  /// To the cluster where the unit adds most; whether that is another one.
  bool Move(int unit) {
    constexpr double least_gain = 1e-13;
    const int own = labels_[unit];
    Add(unit, own, -1);
    int best = own;
    double best_gain = Gain(unit, own) + least_gain;
    for (int cluster = 0; cluster < clusters_; ++cluster) {
      const double gain = cluster == own ? 0 : Gain(unit, cluster);
      if (cluster == own || gain <= best_gain) continue;
      best = cluster;
      best_gain = gain;
    }
    Add(unit, best, 1);
    labels_[unit] = best;
    return best != own;
  }

  double Value() const {
    double partners = 0;
    for (size_t i = 0; i < out_.size(); ++i) partners += std::min(out_[i], in_[i]);
    double expected = 0;
    for (const double volume : volumes_) expected += (volume / total_) * (volume / total_);
    return 2 * partners / total_ - resolution_ * expected;
  }

  const ExpectedWeights& strengths_;
  std::vector<int> labels_;
  int clusters_;
  double resolution_;
  std::vector<double> degrees_;
  std::vector<double> volumes_;
  std::vector<double> out_;  ///< [cluster][block]
  std::vector<double> in_;   ///< [cluster][block]
  double total_ = 0;         ///< 2m
};

}  // namespace

double ModularityStrengthBound(const UnitGraph& graph, const Labelling& found, double resolution, int restarts,
                               uint32_t seed, RunContext& context) {
  const ExpectedWeights strengths(graph, Objective::kLayerPair, 1, context);
  if (strengths.parts() == 0) throw std::logic_error("a graph without weights has no modularity");
  std::vector<double> values(restarts + 1);
  context.ParallelFor(restarts + 1, [&](int restart) {
    Random random(seed, static_cast<uint64_t>(restart));
    std::vector<int> labels = found.labels;
    for (int& label : labels) {
      if (restart > 0 && label >= 0) label = random.Index(found.clusters);
    }
    values[restart] = BoundSearch(strengths, std::move(labels), found.clusters, resolution).Run(random, context);
  });
  return *std::max_element(values.begin(), values.end());
}

}  // namespace modlab
