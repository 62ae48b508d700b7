#include "core/graph/block_builder.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "core/graph/block_rows.h"
#include "core/graph/normalization.h"
#include "core/graph/selection.h"
#include "core/graph/sparse_entries.h"
#include "core/graph/sparse_weights.h"
#include "core/graph/weight_blocks.h"

namespace modlab::reader {
namespace {

/// Group and index in it of every unit. A unit that others have become one with has its place in the first's group.
class UnitIndex {
 public:
  UnitIndex(const UnitTracker& tracker, const Selection& selection) : tracker_(tracker), selection_(selection) {
    for (const UnitRange& range : tracker.ranges()) {
      int units = 0;
      for (int unit = range.first; unit < range.first + range.count; ++unit) {
        // A representative is the smallest of its kind, so it has its place already.
        const int representative = tracker.Representative(unit);
        if (representative != unit) {
          places_.push_back(places_[representative]);
        } else if (selection.HasUnit(unit)) {
          places_.push_back({static_cast<int>(sizes_.size()), units++});
        } else {
          places_.push_back({});
        }
      }
      sizes_.push_back(units);
    }
  }

  /// Gives the groups that weights read or write their numbers in the graph.
  void AddGroups(UnitGraph& graph) {
    const std::vector<char> is_used = UsedGroups();
    std::set<std::string> names;
    numbers_.assign(sizes_.size(), -1);
    for (size_t i = 0; i < sizes_.size(); ++i) {
      const UnitRange& range = tracker_.ranges()[i];
      if (is_used[i] == 0) {
        if (range.operation == "input" && sizes_[i] > 0 && !range.is_index) {
          graph.warnings.push_back(range.name + " is left out: no weights read it");
        }
        continue;
      }
      std::string name = range.name;
      // A layer that is called twice has units for each call.
      for (int call = 2; !names.insert(name).second; ++call) name = range.name + "#" + std::to_string(call);
      numbers_[i] = graph.AddGroup({name, range.operation, sizes_[i]});
    }
  }

  /// The graph's groups that have a unit, a representative, which `is_wanted`.
  template <typename Predicate>
  std::set<int> GroupsOf(const Predicate& is_wanted) const {
    std::set<int> groups;
    for (int unit = 0; unit < static_cast<int>(places_.size()); ++unit) {
      const Place found = place(unit);
      if (found.group >= 0 && tracker_.Representative(unit) == unit && is_wanted(unit)) groups.insert(found.group);
    }
    return groups;
  }

  /// Group -1: the unit is not in the graph.
  Place place(int unit) const {
    if (unit == kNoUnit || places_[unit].group < 0) return {};
    return {numbers_[places_[unit].group], places_[unit].index};
  }

 private:
  std::vector<char> UsedGroups() const {
    std::vector<char> is_used(sizes_.size(), 0);
    for (const WeightOperation& operation : tracker_.weight_operations()) {
      if (!selection_.Has(operation)) continue;
      std::set<int> read;
      for (const int unit : operation.sources) {
        if (unit != kNoUnit) read.insert(places_[unit].group);
      }
      std::set<int> written;
      const UnitRange& range = tracker_.ranges()[operation.range];
      for (int unit = range.first; unit < range.first + range.count; ++unit) written.insert(places_[unit].group);
      read.erase(-1);
      written.erase(-1);
      if (read.empty() || written.empty()) continue;
      for (const int group : read) is_used[group] = 1;
      for (const int group : written) is_used[group] = 1;
    }
    return is_used;
  }

  const UnitTracker& tracker_;
  const Selection& selection_;
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

/// Scales of all weight operations.
std::vector<OperationScales> Scales(const UnitTracker& tracker) {
  const std::vector<std::vector<double>> target_scales = TargetScales(tracker);
  std::vector<OperationScales> scales;
  for (const WeightOperation& operation : tracker.weight_operations()) {
    scales.push_back({SourceScale(tracker, operation), target_scales[operation.range]});
  }
  return scales;
}

/// Whether the same weights have joined the same units before: a layer that is called again on what it has read.
class Repetitions {
 public:
  bool IsNew(const LayerWeights& weights) {
    std::vector<int64_t> key = {reinterpret_cast<int64_t>(Elements(weights.weight).data_ptr())};
    key.insert(key.end(), weights.weight.sizes().begin(), weights.weight.sizes().end());
    for (const auto& places : {weights.sources, weights.targets}) {
      for (const Place& place : places) {
        key.push_back(place.group);
        key.push_back(place.index);
      }
    }
    return known_.emplace(std::move(key), weights.source_scale).second;
  }

 private:
  std::set<std::pair<std::vector<int64_t>, std::vector<double>>> known_;
};

/// Takes the weights away from components that do not touch both a group of `first` and one of `last`.
void RemoveUnconnected(const std::set<int>& first, const std::set<int>& last, UnitGraph& graph,
                       const RunContext& context) {
  const std::vector<int> components = ConnectedComponents(graph, context);
  const auto touching = [&](const std::set<int>& groups) {
    std::set<int> touched;
    for (const int group : groups) {
      const auto begin = components.begin() + graph.first_unit(group);
      touched.insert(begin, begin + graph.groups()[group].units);
    }
    return touched;
  };
  const std::set<int> from_first = touching(first);
  const std::set<int> to_last = touching(last);
  std::vector<char> removed(components.size(), 0);
  for (size_t unit = 0; unit < components.size(); ++unit) {
    const int component = components[unit];
    const bool stays = component < 0 || (from_first.count(component) > 0 && to_last.count(component) > 0);
    removed[unit] = stays ? 0 : 1;
  }
  const auto count = std::count(removed.begin(), removed.end(), 1);
  if (count == 0) return;
  graph.warnings.push_back(std::to_string(count) +
                           " units lose their weights: they are not connected to both the first and the last group");
  graph.RemoveWeights(removed);
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
                "all weights of the graph are zero, so it has no edges and no modularity; train the model first, or "
                "leave more in the graph (threshold, layers, units)");
  }
}

}  // namespace

UnitGraph BuildUnitGraph(const UnitTracker& tracker, const Parameters& parameters, const ReaderOptions& options,
                         RunContext& context) {
  const auto& operations = tracker.weight_operations();
  if (operations.empty()) {
    throw Error(ErrorKind::kNoWeightLayers,
                "the model has no linear, convolution or other layer with weights that works on its input, so there is "
                "no graph to score");
  }
  UnitGraph graph;
  graph.warnings = tracker.warnings();
  const std::vector<char> is_result = tracker.Results();
  graph.outputs = static_cast<int>(std::count(is_result.begin(), is_result.end(), 1));
  const Selection selection(tracker, options);
  UnitIndex index(tracker, selection);
  index.AddGroups(graph);
  for (const WeightOperation& operation : operations) CheckFinite(operation.weight, operation.layer, context);
  std::vector<OperationScales> scales = Scales(tracker);
  if (options.normalization == Normalization::kUnitIncoming) NormalizeIncoming(tracker, scales, graph, context);

  double elements = 0;
  for (const WeightOperation& operation : operations) elements += static_cast<double>(operation.weight.numel());
  double done = 0;
  Repetitions repetitions;
  for (size_t i = 0; i < operations.size(); ++i) {
    const WeightOperation& operation = operations[i];
    context.Report("read", elements > 0 ? done / elements : 0);
    done += static_cast<double>(operation.weight.numel());
    if (!selection.Has(operation)) continue;
    LayerWeights weights{operation.layer,  operation.weight, operation.groups, {}, {},
                         scales[i].source, scales[i].target};
    for (const int unit : operation.sources) weights.sources.push_back(index.place(unit));
    const int first = tracker.ranges()[operation.range].first;
    for (int64_t row = 0; row < operation.weight.size(0); ++row) {
      weights.targets.push_back(index.place(first + static_cast<int>(row)));
    }
    if (!repetitions.IsNew(weights)) continue;
    std::vector<Block> blocks = MakeBlocks(weights, options.kernel_norm, context);
    if (options.normalization == Normalization::kLayerMean) DivideByMeans(blocks, context);
    for (Block& block : blocks) {
      block.threshold = options.threshold;
      graph.AddBlock(CompressedIfSparse(std::move(block), context));
    }
  }
  context.Report("read", 1.0);
  if (options.remove_unconnected) {
    std::set<int> first = index.GroupsOf([&](int unit) { return tracker.IsGiven(unit); });
    std::set<int> last = index.GroupsOf([&](int unit) { return is_result[unit] != 0; });
    if (first.empty()) first = {0};
    if (last.empty()) last = {static_cast<int>(graph.groups().size()) - 1};
    RemoveUnconnected(first, last, graph, context);
  }
  WarnOfUnusedWeights(tracker, parameters, graph);
  CheckEdges(graph, context);
  return graph;
}

}  // namespace modlab::reader
