#pragma once

#include <cstdint>
#include <functional>

#include "core/graph/labelling.h"
#include "core/graph/model_reader.h"
#include "core/graph/unit_graph.h"
#include "core/measure/measure.h"
#include "core/run_context.h"
#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// A partition as it was found, and how to find others like it.
struct FoundPartition {
  Labelling labelling;
  /// What was maximised, or what is tested for methods that maximise no modularity.
  Objective objective = Objective::kNewman;
  /// On another graph, in the same way; a planted one is what it is.
  Clusterer find;
  /// On the same graph with another seed. Empty for planted partitions. Not slower than it has to be: what does not
  /// depend on the seed was kept.
  std::function<Labelling(uint32_t seed, RunContext& context)> find_again;
  /// On a consensus graph: as many clusters, where the method is given a number.
  Clusterer find_consensus;
};

/// Finds the partition of a model's graph that `spec` asks for, and says in `partition` what the method has to say
/// about it. The graph must outlive what is returned. Throws as core does, and Error for planted labels that are not
/// the graph's.
FoundPartition FindPartition(Model& model, const UnitGraph& graph, const v1::PartitionSpec& spec, double resolution,
                             uint32_t seed, RunContext& context, v1::Partition& partition);

}  // namespace modlab::server
