#include "core/graph/block_builder.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/graph/weight_blocks.h"

namespace modlab::reader {
namespace {

/// Group and index in it of every unit number. Merged input units count as one.
class UnitIndex {
 public:
  explicit UnitIndex(const UnitTracker& tracker) {
    for (const UnitRange& range : tracker.ranges()) {
      int units = 0;
      for (int unit = range.first; unit < range.first + range.count; ++unit) {
        // A representative is the smallest of its kind, so it has its group and index already.
        const int representative = tracker.Representative(unit);
        const bool is_new = representative == unit;
        group_.push_back(is_new ? static_cast<int>(sizes_.size()) : group_[representative]);
        index_.push_back(is_new ? units++ : index_[representative]);
      }
      sizes_.push_back(units);
    }
  }

  int group(int unit) const { return group_[unit]; }
  int index(int unit) const { return index_[unit]; }
  int size(int group) const { return sizes_[group]; }

 private:
  std::vector<int> group_;
  std::vector<int> index_;
  std::vector<int> sizes_;
};

void AddGroups(const UnitTracker& tracker, const UnitIndex& index, UnitGraph& graph) {
  std::set<std::string> names;
  for (size_t i = 0; i < tracker.ranges().size(); ++i) {
    const UnitRange& range = tracker.ranges()[i];
    std::string name = range.name;
    // A layer that is called twice has units for each call.
    for (int call = 2; !names.insert(name).second; ++call) name = range.name + "#" + std::to_string(call);
    graph.AddGroup({name, range.operation, index.size(static_cast<int>(i))});
  }
}

/// The positions of an operation's input that belong to each unit of one source group.
WeightSources SourcesIn(int group, const WeightOperation& operation, const UnitIndex& index) {
  WeightSources sources;
  sources.positions.resize(index.size(group));
  for (size_t position = 0; position < operation.sources.size(); ++position) {
    const int unit = operation.sources[position];
    if (unit != kNoUnit && index.group(unit) == group) {
      sources.positions[index.index(unit)].push_back(static_cast<int64_t>(position));
    }
  }
  return sources;
}

/// Product of the scales that norms leave to the weights reading their outputs, by position. Empty: all ones.
std::vector<double> SourceScale(const UnitTracker& tracker, const WeightOperation& operation) {
  std::vector<double> product;
  for (const WeightOperation::Scale& scale : operation.scales) {
    if (tracker.norms()[scale.norm].ScalesTarget()) continue;
    product.resize(scale.values.size(), 1);
    for (size_t i = 0; i < product.size(); ++i) product[i] *= scale.values[i];
  }
  return product;
}

/// Scale of each weight operation's output units. Empty: all ones.
std::vector<std::vector<double>> TargetScales(const UnitTracker& tracker) {
  std::vector<std::vector<double>> scales(tracker.weight_operations().size());
  for (const Norm& norm : tracker.norms()) {
    if (norm.ScalesTarget()) scales[norm.input->weight_operation] = *norm.target_scale;
  }
  return scales;
}

void WarnOfUnusedWeights(const UnitTracker& tracker, const Parameters& parameters, UnitGraph& graph) {
  for (const std::string& name : parameters.weight_names()) {
    if (tracker.parameters_read.count(name) == 0) {
      graph.warnings.push_back("weight " + name + " is left out: forward does not use it");
    }
  }
}

/// Warns of units without edges. Errors: kNoEdges.
void CheckEdges(UnitGraph& graph, RunContext& context) {
  std::vector<char> connected(graph.units(), 0);
  for (const Block& block : graph.blocks()) {
    MarkConnected(block, graph.first_unit(block.source), graph.first_unit(block.target), connected, context);
  }
  bool any = false;
  for (size_t group = 0; group < graph.groups().size(); ++group) {
    const auto begin = connected.begin() + graph.first_unit(static_cast<int>(group));
    const auto& [name, operation, units] = graph.groups()[group];
    const auto alone = std::count(begin, begin + units, 0);
    any = any || alone < units;
    if (alone > 0) {
      graph.warnings.push_back((operation == "input" ? name : "layer " + name) + ": " + std::to_string(alone) + " of " +
                               std::to_string(units) + " units have no edges");
    }
  }
  if (!any) {
    throw Error(ErrorKind::kNoEdges,
                "all weights of the model are zero, so its graph has no edges and no modularity; train it first");
  }
}

}  // namespace

UnitGraph BuildUnitGraph(const UnitTracker& tracker, const Parameters& parameters, KernelNorm kernel_norm,
                         RunContext& context) {
  const auto& operations = tracker.weight_operations();
  if (operations.empty()) {
    throw Error(ErrorKind::kNoWeightLayers,
                "the model has no linear or convolution layer that works on its input, so there is no graph to score");
  }
  UnitGraph graph;
  graph.warnings = tracker.warnings;
  const UnitIndex index(tracker);
  AddGroups(tracker, index, graph);

  double elements = 0;
  for (const WeightOperation& operation : operations) elements += static_cast<double>(operation.weight.numel());
  double done = 0;
  const std::vector<std::vector<double>> target_scales = TargetScales(tracker);
  for (size_t i = 0; i < operations.size(); ++i) {
    const WeightOperation& operation = operations[i];
    context.Report("read", elements > 0 ? done / elements : 0);
    CheckFinite(operation.weight, graph.groups()[operation.range].name, context);
    std::set<int> source_groups;
    for (const int unit : operation.sources) {
      if (unit != kNoUnit) source_groups.insert(index.group(unit));
    }
    for (const int group : source_groups) {
      WeightSources sources = SourcesIn(group, operation, index);
      sources.position_scale = SourceScale(tracker, operation);
      Block block = MakeBlock(operation.weight, operation.groups, sources, kernel_norm, context);
      block.source = group;
      block.target = operation.range;
      block.target_scale = target_scales[i];
      graph.AddBlock(std::move(block));
    }
    done += static_cast<double>(operation.weight.numel());
  }
  context.Report("read", 1.0);
  WarnOfUnusedWeights(tracker, parameters, graph);
  CheckEdges(graph, context);
  return graph;
}

}  // namespace modlab::reader
