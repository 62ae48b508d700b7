#include "server/jobs/graph_options.h"

#include <fmt/format.h>

#include <cmath>

#include "server/jobs/request_error.h"

namespace modlab::server {
namespace {

using modlab::v1::GraphOptions;
using modlab::v1::Preset;

constexpr int kMostPatterns = 100;
constexpr size_t kLongestPattern = 1024;

void Check(const std::string& field, const GraphOptions& graph) {
  if (!GraphOptions::KernelNorm_IsValid(graph.kernel_norm())) {
    RefuseField(field + ".kernel_norm", fmt::format("unknown kernel norm {}", static_cast<int>(graph.kernel_norm())));
  }
  if (!GraphOptions::Normalization_IsValid(graph.normalization())) {
    RefuseField(field + ".normalization",
                fmt::format("unknown normalisation {}", static_cast<int>(graph.normalization())));
  }
  if (!GraphOptions::CnnLayers_IsValid(graph.cnn_layers())) {
    RefuseField(field + ".cnn_layers",
                fmt::format("unknown choice of layers {}", static_cast<int>(graph.cnn_layers())));
  }
  if (graph.layers_size() > kMostPatterns) {
    RefuseField(field + ".layers",
                fmt::format("{} patterns of layers were given: give at most {}", graph.layers_size(), kMostPatterns));
  }
  for (int i = 0; i < graph.layers_size(); ++i) {
    if (graph.layers(i).empty() || graph.layers(i).size() > kLongestPattern) {
      RefuseField(fmt::format("{}.layers[{}]", field, i),
                  fmt::format("a pattern of layers' names has 1 to {} characters", kLongestPattern));
    }
  }
  if (!std::isfinite(graph.threshold()) || graph.threshold() < 0) {
    RefuseField(
        field + ".threshold",
        fmt::format("{} is not a threshold: give 0 or more; weights up to it count as none", graph.threshold()));
  }
}

/// What is still unset takes the values of `other`.
void FillIn(const GraphOptions& other, GraphOptions* graph) {
  if (graph->kernel_norm() == GraphOptions::KERNEL_NORM_UNSPECIFIED) graph->set_kernel_norm(other.kernel_norm());
  if (!graph->has_fold_batch_norm()) graph->set_fold_batch_norm(other.fold_batch_norm());
  if (graph->normalization() == GraphOptions::NORMALIZATION_UNSPECIFIED) {
    graph->set_normalization(other.normalization());
  }
  if (graph->cnn_layers() == GraphOptions::CNN_LAYERS_UNSPECIFIED) graph->set_cnn_layers(other.cnn_layers());
  if (!graph->has_input_units()) graph->set_input_units(other.input_units());
  if (!graph->has_output_units()) graph->set_output_units(other.output_units());
  if (!graph->has_threshold()) graph->set_threshold(other.threshold());
  if (!graph->has_remove_unconnected()) graph->set_remove_unconnected(other.remove_unconnected());
}

GraphOptions Defaults() {
  GraphOptions graph;
  graph.set_kernel_norm(GraphOptions::L1);
  graph.set_fold_batch_norm(true);
  graph.set_normalization(GraphOptions::NONE);
  graph.set_cnn_layers(GraphOptions::ALL);
  graph.set_input_units(true);
  graph.set_output_units(true);
  graph.set_threshold(0);
  graph.set_remove_unconnected(false);
  return graph;
}

/// definitions.md, section 10.
GraphOptions OptionsOf(Preset preset) {
  GraphOptions graph = Defaults();
  switch (preset) {
    case modlab::v1::PRESET_TOUMEI:
      graph.set_kernel_norm(GraphOptions::MAX_COLUMN_SUM);
      graph.set_fold_batch_norm(false);
      graph.set_cnn_layers(GraphOptions::CONVOLUTIONS);
      break;
    case modlab::v1::PRESET_FILAN:
    case modlab::v1::PRESET_HOD:
      graph.set_kernel_norm(GraphOptions::MAX_COLUMN_SUM);
      graph.set_fold_batch_norm(false);
      graph.set_cnn_layers(GraphOptions::CONVOLUTION_OUTPUTS);
      break;
    case modlab::v1::PRESET_NN_CLUSTERING_PYTORCH:
      graph.set_normalization(GraphOptions::UNIT_INCOMING);
      graph.set_remove_unconnected(true);
      break;
    default:
      break;
  }
  return graph;
}

}  // namespace

void ResolveGraphOptions(Preset preset, const std::string& field, GraphOptions* graph) {
  if (!modlab::v1::Preset_IsValid(preset)) {
    RefuseField(field + ".preset", fmt::format("unknown preset {}", static_cast<int>(preset)));
  }
  Check(field + ".graph", *graph);
  FillIn(OptionsOf(preset), graph);
}

}  // namespace modlab::server
