#include "core/graph/block_builder.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/graph/weight_blocks.h"

namespace modlab::reader {
namespace {

/// Group and index in it of every unit. A unit that others have become one with has its place in the first's group.
class UnitIndex {
 public:
  explicit UnitIndex(const UnitTracker& tracker) : tracker_(tracker) {
    for (const UnitRange& range : tracker.ranges()) {
      int units = 0;
      for (int unit = range.first; unit < range.first + range.count; ++unit) {
        // A representative is the smallest of its kind, so it has its place already.
        const int representative = tracker.Representative(unit);
        places_.push_back(representative == unit ? Place{static_cast<int>(sizes_.size()), units++}
                                                 : places_[representative]);
      }
      sizes_.push_back(units);
    }
  }

  /// Gives the groups that are to be in the graph their numbers there: those with units of their own, but for inputs
  /// that no weights read where these are not wanted.
  void AddGroups(UnitGraph& graph) {
    std::vector<char> is_read(sizes_.size(), 0);
    for (const WeightOperation& operation : tracker_.weight_operations()) {
      for (const int unit : operation.sources) {
        if (unit != kNoUnit) is_read[places_[unit].group] = 1;
      }
    }
    std::set<std::string> names;
    numbers_.assign(sizes_.size(), -1);
    for (size_t i = 0; i < sizes_.size(); ++i) {
      const UnitRange& range = tracker_.ranges()[i];
      if (sizes_[i] == 0 || (range.only_if_read && is_read[i] == 0)) continue;
      std::string name = range.name;
      // A layer that is called twice has units for each call.
      for (int call = 2; !names.insert(name).second; ++call) name = range.name + "#" + std::to_string(call);
      numbers_[i] = graph.AddGroup({name, range.operation, sizes_[i]});
    }
  }

  Place place(int unit) const {
    if (unit == kNoUnit) return {};
    const Place place = places_[unit];
    return {numbers_[place.group], place.index};
  }

 private:
  const UnitTracker& tracker_;
  std::vector<Place> places_;
  std::vector<int> sizes_;
  std::vector<int> numbers_;
};

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

/// Scale of each range's units. Empty: all ones.
std::vector<std::vector<double>> TargetScales(const UnitTracker& tracker) {
  std::vector<std::vector<double>> scales(tracker.ranges().size());
  for (const Norm& norm : tracker.norms()) {
    if (norm.ScalesTarget()) scales[norm.target_range] = norm.target_scale;
  }
  return scales;
}

/// Whether the same weights have joined the same units before: a layer that is called again on what it has read.
class Repetitions {
 public:
  bool IsNew(const LayerWeights& weights) {
    std::vector<int64_t> key = {reinterpret_cast<int64_t>(weights.weight.data_ptr())};
    key.insert(key.end(), weights.weight.sizes().begin(), weights.weight.sizes().end());
    for (const auto& places : {weights.sources, weights.targets}) {
      for (const Place& place : places) {
        key.push_back(place.group);
        key.push_back(place.index);
      }
    }
    return known_.insert(std::move(key)).second;
  }

 private:
  std::set<std::vector<int64_t>> known_;
};

void WarnOfUnusedWeights(const UnitTracker& tracker, const Parameters& parameters, UnitGraph& graph) {
  for (const std::string& name : parameters.weight_names()) {
    if (tracker.parameters_read.count(name) == 0) {
      graph.warnings.push_back("weight " + name + " is left out: forward does not use it");
    }
  }
}

/// Warns of units without edges. Errors: kNoEdges.
void CheckEdges(UnitGraph& graph, RunContext& context) {
  const std::vector<char> connected = UnitsWithEdges(graph, context);
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
                "the model has no linear, convolution or other layer with weights that works on its input, so there is "
                "no graph "
                "to score");
  }
  UnitGraph graph;
  graph.warnings = tracker.warnings();
  UnitIndex index(tracker);
  index.AddGroups(graph);

  double elements = 0;
  for (const WeightOperation& operation : operations) elements += static_cast<double>(operation.weight.numel());
  double done = 0;
  const std::vector<std::vector<double>> target_scales = TargetScales(tracker);
  Repetitions repetitions;
  for (const WeightOperation& operation : operations) {
    context.Report("read", elements > 0 ? done / elements : 0);
    CheckFinite(operation.weight, operation.layer, context);
    LayerWeights weights{operation.layer,
                         operation.weight,
                         operation.groups,
                         {},
                         {},
                         SourceScale(tracker, operation),
                         target_scales[operation.range]};
    for (const int unit : operation.sources) weights.sources.push_back(index.place(unit));
    const int first = tracker.ranges()[operation.range].first;
    for (int64_t row = 0; row < operation.weight.size(0); ++row) {
      weights.targets.push_back(index.place(first + static_cast<int>(row)));
    }
    if (repetitions.IsNew(weights)) AddBlocks(weights, kernel_norm, graph, context);
    done += static_cast<double>(operation.weight.numel());
  }
  context.Report("read", 1.0);
  WarnOfUnusedWeights(tracker, parameters, graph);
  CheckEdges(graph, context);
  return graph;
}

}  // namespace modlab::reader
