#include "core/community/resolution_sweep.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/measure/measure.h"
#include "core/random.h"

namespace modlab {
namespace {

/// Modularities that differ by less are equal but for rounding.
constexpr double kSweepRounding = 1e-12;
/// Seeds of a sweep's runs are not those of null models' samples and of stability runs.
constexpr uint64_t kFirstStep = uint64_t{2} << 32;

void Check(const SweepOptions& options) {
  if (!(options.least > 0) || !(options.most > options.least) || !std::isfinite(options.most)) {
    throw Error(ErrorKind::kInvalidOption, "a range of resolutions goes from a number over 0 to a larger one");
  }
  if (options.steps < 2) throw Error(ErrorKind::kInvalidOption, "a range of resolutions has at least two of them");
}

/// By resolution.
std::vector<Labelling> RunLeiden(const UnitGraph& graph, const LeidenOptions& options,
                                 const std::vector<double>& resolutions, RunContext& context) {
  std::vector<Labelling> found(resolutions.size());
  std::atomic<int> done{0};
  context.ParallelFor(static_cast<int>(resolutions.size()), [&](int step) {
    RunContext own(&context);
    LeidenOptions at = options;
    at.resolution = resolutions[step];
    at.seed = Random::DerivedSeed(options.seed, kFirstStep + static_cast<uint64_t>(step));
    LeidenClustering clustering = Leiden(graph, at, own);
    found[step] = {std::move(clustering.labels), clustering.clusters};
    context.Report("sweep", static_cast<double>(++done) / static_cast<double>(resolutions.size()));
  });
  return found;
}

/// Each once, the first one of equals. Leiden numbers equal partitions alike.
std::vector<Labelling> Distinct(std::vector<Labelling> found) {
  const auto by_labels = [](const Labelling* a, const Labelling* b) { return a->labels < b->labels; };
  std::set<const Labelling*, decltype(by_labels)> seen(by_labels);
  std::vector<char> is_new;
  is_new.reserve(found.size());
  for (const Labelling& labelling : found) is_new.push_back(seen.insert(&labelling).second ? 1 : 0);
  std::vector<Labelling> distinct;
  for (size_t i = 0; i < found.size(); ++i) {
    if (is_new[i] != 0) distinct.push_back(std::move(found[i]));
  }
  return distinct;
}

std::vector<SweptPartition> Measure(const UnitGraph& graph, std::vector<Labelling> found, Objective objective,
                                    RunContext& context) {
  std::vector<SweptPartition> measured(found.size());
  context.ParallelFor(static_cast<int>(found.size()), [&](int i) {
    RunContext own(&context);
    const ClusterSums sums = SumClusters(graph, found[i].labels, found[i].clusters, own);
    const auto modularity = [&](double resolution) {
      return objective == Objective::kSigned
                 ? Modularity(graph, found[i].labels, found[i].clusters, objective, resolution, own)
                 : Modularity(sums, objective, resolution);
    };
    SweptPartition& partition = measured[i];
    partition.internal = modularity(0);
    partition.expected = partition.internal - modularity(1);
    partition.newman = NewmanModularity(sums);
    partition.labelling = std::move(found[i]);
  });
  return measured;
}

/// Without those whose line is another one's too, as the lines of partitions are that a symmetry of the graph turns
/// into each other.
std::vector<const SweptPartition*> DifferentLines(const std::vector<SweptPartition>& partitions, double least,
                                                  double most) {
  const double rounding = kSweepRounding * std::max(1.0, most);
  std::vector<const SweptPartition*> lines;
  for (const SweptPartition& partition : partitions) {
    const auto is_same = [&](const SweptPartition* other) {
      return std::abs(partition.modularity(least) - other->modularity(least)) <= rounding &&
             std::abs(partition.modularity(most) - other->modularity(most)) <= rounding;
    };
    if (std::none_of(lines.begin(), lines.end(), is_same)) lines.push_back(&partition);
  }
  return lines;
}

/// Null where there are none.
const SweptPartition* BestAt(const std::vector<const SweptPartition*>& lines, double resolution) {
  const auto best = std::max_element(lines.begin(), lines.end(), [&](const auto* a, const auto* b) {
    return a->modularity(resolution) < b->modularity(resolution);
  });
  return best == lines.end() ? nullptr : *best;
}

/// The line that is the first to rise above the present one, and where; null and `most` if none does before `most`.
std::pair<const SweptPartition*, double> FirstAbove(const SweptPartition& present,
                                                    const std::vector<const SweptPartition*>& lines, double from,
                                                    double most) {
  const SweptPartition* next = nullptr;
  double crossing = most;
  for (const SweptPartition* line : lines) {
    if (line->expected >= present.expected) continue;
    const double at = std::max(from, (present.internal - line->internal) / (present.expected - line->expected));
    if (at < crossing || (next != nullptr && at == crossing && line->expected < next->expected)) {
      crossing = at;
      next = line;
    }
  }
  return {next, crossing};
}

std::vector<SweepStep> Steps(const std::vector<SweptPartition>& partitions, const std::vector<double>& resolutions) {
  std::vector<SweepStep> steps;
  int partition = 0;
  for (const double resolution : resolutions) {
    SweepStep step{.resolution = resolution, .partition = partition, .closeness = {1, 0}};
    while (step.partition + 1 < static_cast<int>(partitions.size()) && partitions[step.partition].most < resolution) {
      ++step.partition;
    }
    if (step.partition != partition && !steps.empty()) {
      step.closeness =
          MeasureCloseness(partitions[partition].labelling.labels, partitions[step.partition].labelling.labels);
    }
    partition = step.partition;
    steps.push_back(step);
  }
  return steps;
}

double LogLength(double least, double most) { return std::log(most) - std::log(least); }

bool DividesNothing(const Labelling& labelling) {
  const auto units =
      std::count_if(labelling.labels.begin(), labelling.labels.end(), [](int label) { return label >= 0; });
  return labelling.clusters <= 1 || labelling.clusters == units;
}

/// Around the partitions that are the best for longest, one after the other.
std::vector<Plateau> Plateaus(const std::vector<SweptPartition>& partitions, int most_plateaus) {
  const int count = static_cast<int>(partitions.size());
  std::vector<int> longest_first(count);
  std::iota(longest_first.begin(), longest_first.end(), 0);
  std::stable_sort(longest_first.begin(), longest_first.end(), [&](int a, int b) {
    return LogLength(partitions[a].least, partitions[a].most) > LogLength(partitions[b].least, partitions[b].most);
  });
  std::vector<char> taken(count, 0);
  std::vector<Plateau> plateaus;
  for (const int centre : longest_first) {
    if (taken[centre] != 0) continue;
    const auto belongs = [&](int i) {
      return i >= 0 && i < count && taken[i] == 0 &&
             MeasureCloseness(partitions[i].labelling.labels, partitions[centre].labelling.labels)
                     .adjusted_rand_index >= kPlateauAgreement;
    };
    int first = centre;
    int last = centre;
    while (belongs(first - 1)) --first;
    while (belongs(last + 1)) ++last;
    std::fill(taken.begin() + first, taken.begin() + last + 1, 1);
    if (DividesNothing(partitions[centre].labelling)) continue;
    plateaus.push_back({centre, partitions[first].least, partitions[last].most});
  }
  std::stable_sort(plateaus.begin(), plateaus.end(), [](const Plateau& a, const Plateau& b) {
    return LogLength(a.least, a.most) > LogLength(b.least, b.most);
  });
  if (static_cast<int>(plateaus.size()) > most_plateaus) plateaus.resize(std::max(most_plateaus, 0));
  return plateaus;
}

}  // namespace

std::vector<double> LogSpaced(double least, double most, int steps) {
  std::vector<double> values(steps);
  for (int i = 0; i < steps; ++i) values[i] = std::exp(std::log(least) + LogLength(least, most) * i / (steps - 1));
  values.front() = least;
  values.back() = most;
  return values;
}

std::vector<SweptPartition> BestByResolution(const std::vector<SweptPartition>& partitions, double least, double most) {
  const std::vector<const SweptPartition*> lines = DifferentLines(partitions, least, most);
  std::vector<SweptPartition> best;
  double from = least;
  const SweptPartition* present = BestAt(lines, least);
  while (present != nullptr) {
    const auto [next, crossing] = FirstAbove(*present, lines, from, most);
    // Where more than two lines meet in one point, rounding must not make a stretch of it.
    if (next == nullptr || crossing > from * (1 + kSweepRounding)) {
      best.push_back(*present);
      best.back().least = from;
      best.back().most = crossing;
      from = crossing;
    }
    present = next;
  }
  return best;
}

ResolutionSweep SweepResolutions(const UnitGraph& graph, const SweepOptions& options,
                                 const std::vector<Labelling>& known, RunContext& context) {
  Check(options);
  context.Report("sweep", 0.0);
  const std::vector<double> resolutions = LogSpaced(options.least, options.most, options.steps);
  std::vector<Labelling> found = RunLeiden(graph, options.leiden, resolutions, context);
  found.insert(found.begin(), known.begin(), known.end());
  ResolutionSweep sweep;
  sweep.partitions = BestByResolution(Measure(graph, Distinct(std::move(found)), options.leiden.objective, context),
                                      options.least, options.most);
  sweep.steps = Steps(sweep.partitions, resolutions);
  sweep.plateaus = Plateaus(sweep.partitions, options.plateaus);
  return sweep;
}

}  // namespace modlab
