#include "server/worker/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/community/resolution_sweep.h"
#include "server/comparison/tested_modularity.h"
#include "server/worker/mapping.h"

namespace modlab::server {
namespace {

/// Modularities that differ by less are equal for whoever reads them.
constexpr double kNotable = 1e-6;

void ToProto(const ResolutionSweep& sweep, v1::ResolutionSweep& result) {
  for (const SweepStep& step : sweep.steps) {
    const SweptPartition& partition = sweep.partitions[step.partition];
    const bool is_first = result.steps().empty();
    v1::ResolutionStep& added = *result.add_steps();
    added.set_resolution(step.resolution);
    added.set_clusters(partition.labelling.clusters);
    added.set_modularity(partition.modularity(step.resolution));
    added.set_newman(partition.newman);
    if (is_first) continue;
    added.set_adjusted_rand_index(step.closeness.adjusted_rand_index);
    added.set_variation_of_information(step.closeness.variation_of_information);
  }
}

void ToProto(const Plateau& plateau, const SweptPartition& partition, const Labelling& reported, bool with_labels,
             v1::Plateau& result) {
  const double middle =
      std::clamp(std::sqrt(partition.least) * std::sqrt(partition.most), partition.least, partition.most);
  result.set_least_resolution(plateau.least);
  result.set_most_resolution(plateau.most);
  result.set_resolution(middle);
  result.set_clusters(partition.labelling.clusters);
  result.set_modularity(partition.modularity(middle));
  result.set_newman(partition.newman);
  result.set_adjusted_rand_index(MeasureCloseness(partition.labelling.labels, reported.labels).adjusted_rand_index);
  if (!with_labels) return;
  result.mutable_labels()->Assign(partition.labelling.labels.begin(), partition.labelling.labels.end());
}

/// Where more was found at the reported partition's resolution than it has.
void NoteWhatIsBetter(const ResolutionSweep& sweep, v1::Partition& partition) {
  const double resolution = partition.modularity().resolution();
  for (const SweptPartition& swept : sweep.partitions) {
    if (resolution < swept.least || resolution > swept.most) continue;
    const double more = swept.modularity(resolution);
    if (more <= TestedModularity(partition) + kNotable) continue;
    partition.add_notes(
        fmt::format("the sweep has found a partition of higher modularity at resolution {}: {:.4f}, into {} clusters; "
                    "more restarts "
                    "of Leiden would find it here, too",
                    resolution, more, swept.labelling.clusters));
    return;
  }
}

}  // namespace

void Sweep(const UnitGraph& graph, const v1::LeidenSpec& spec, const FoundPartition& found, uint32_t seed,
           bool with_labels, RunContext& context, v1::Partition& partition) {
  SweepOptions options = ToSweepOptions(spec);
  options.leiden.seed = seed;
  const ResolutionSweep sweep = SweepResolutions(graph, options, {found.labelling}, context);
  ToProto(sweep, *partition.mutable_sweep());
  for (const Plateau& plateau : sweep.plateaus) {
    ToProto(plateau, sweep.partitions[plateau.partition], found.labelling, with_labels,
            *partition.mutable_sweep()->add_plateaus());
  }
  NoteWhatIsBetter(sweep, partition);
}

}  // namespace modlab::server
