#include "server/worker/partition_measures.h"

#include <algorithm>
#include <vector>

#include "core/community/unit_profile.h"
#include "core/measure/measure.h"

namespace modlab::server {
namespace {

void CountUnits(const UnitGraph& graph, const Labelling& found, v1::Partition& partition) {
  const int groups = static_cast<int>(graph.groups().size());
  partition.mutable_sizes()->Resize(found.clusters, 0);
  partition.mutable_group_sizes()->Resize(found.clusters * groups, 0);
  for (int group = 0; group < groups; ++group) {
    const int first = graph.first_unit(group);
    for (int unit = first; unit < first + graph.groups()[group].units; ++unit) {
      const int cluster = found.labels[unit];
      if (cluster < 0) continue;
      ++(*partition.mutable_sizes())[cluster];
      ++(*partition.mutable_group_sizes())[cluster * groups + group];
    }
  }
}

/// 0 where there is nothing to divide by.
double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

void MeasureClusters(const ClusterSums& sums, const Labelling& found, const std::vector<UnitProfile>& units,
                     v1::Partition& partition) {
  std::vector<double> participation(found.clusters, 0.0);
  for (size_t unit = 0; unit < units.size(); ++unit) {
    if (found.labels[unit] >= 0) participation[found.labels[unit]] += units[unit].participation;
  }
  for (int cluster = 0; cluster < found.clusters; ++cluster) {
    v1::ClusterMeasures& measures = *partition.add_cluster_measures();
    const double volume = sums.volume[cluster];
    measures.set_internal_weight(sums.internal[cluster] / 2);
    measures.set_volume(volume);
    measures.set_conductance(
        Ratio(std::max(0.0, volume - sums.internal[cluster]), std::min(volume, sums.total - volume)));
    measures.set_participation(Ratio(participation[cluster], partition.sizes(cluster)));
  }
}

void MeasureGroups(const UnitGraph& graph, const std::vector<UnitProfile>& units, v1::Partition& partition) {
  for (size_t group = 0; group < graph.groups().size(); ++group) {
    double within = 0;
    double degree = 0;
    double participation = 0;
    int with_edges = 0;
    const int first = graph.first_unit(static_cast<int>(group));
    for (int unit = first; unit < first + graph.groups()[group].units; ++unit) {
      within += units[unit].within;
      degree += units[unit].degree;
      participation += units[unit].participation;
      with_edges += units[unit].degree > 0 ? 1 : 0;
    }
    v1::GroupMeasures& measures = *partition.add_group_measures();
    measures.set_within(Ratio(within, degree));
    measures.set_participation(Ratio(participation, with_edges));
  }
}

}  // namespace

void MeasurePartition(const UnitGraph& graph, const Labelling& labelling, double resolution, bool with_units,
                      RunContext& context, v1::Partition& partition) {
  context.Report("measure");
  CountUnits(graph, labelling, partition);
  const ClusterSums sums = SumClusters(graph, labelling.labels, labelling.clusters, context);
  v1::Modularity& modularity = *partition.mutable_modularity();
  modularity.set_newman(NewmanModularity(sums, resolution));
  modularity.set_directed(DirectedModularity(sums, resolution));
  modularity.set_layer_pair(LayerPairModularity(sums, resolution));
  modularity.set_signed_(
      SignedModularity(SumSignedClusters(graph, labelling.labels, labelling.clusters, context), resolution));
  modularity.set_resolution(resolution);
  partition.set_ncut(NormalizedCut(sums));
  if (const auto ratio = AverageInOut(partition.ncut(), labelling.clusters)) partition.set_ave_in_out(*ratio);

  const std::vector<UnitProfile> units = ProfileUnits(graph, labelling, context);
  MeasureClusters(sums, labelling, units, partition);
  MeasureGroups(graph, units, partition);
  if (!with_units) return;
  for (const UnitProfile& unit : units) partition.add_participation(static_cast<float>(unit.participation));
}

}  // namespace modlab::server
