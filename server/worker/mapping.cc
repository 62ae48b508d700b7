#include "server/worker/mapping.h"

#include <charconv>
#include <cstdio>
#include <limits>
#include <stdexcept>

#include "server/executor/utf8.h"

namespace modlab::server {
namespace {

int32_t ToInt32(int64_t value) {
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
    throw std::range_error("a size of " + std::to_string(value) + " is more than modlab can report");
  }
  return static_cast<int32_t>(value);
}

KernelNorm ToKernelNorm(v1::GraphOptions::KernelNorm norm) {
  switch (norm) {
    case v1::GraphOptions::L1:
      return KernelNorm::kL1;
    case v1::GraphOptions::L2:
      return KernelNorm::kL2;
    case v1::GraphOptions::MAX_COLUMN_SUM:
      return KernelNorm::kMaxColumnSum;
    case v1::GraphOptions::SPECTRAL:
      return KernelNorm::kSpectral;
    case v1::GraphOptions::MEAN_ABS:
      return KernelNorm::kMeanAbs;
    default:
      return ReaderOptions{}.kernel_norm;
  }
}

Normalization ToNormalization(v1::GraphOptions::Normalization normalization) {
  switch (normalization) {
    case v1::GraphOptions::UNIT_INCOMING:
      return Normalization::kUnitIncoming;
    case v1::GraphOptions::LAYER_MEAN:
      return Normalization::kLayerMean;
    default:
      return ReaderOptions{}.normalization;
  }
}

CnnLayers ToCnnLayers(v1::GraphOptions::CnnLayers layers) {
  switch (layers) {
    case v1::GraphOptions::CONVOLUTIONS:
      return CnnLayers::kConvolutions;
    case v1::GraphOptions::CONVOLUTION_OUTPUTS:
      return CnnLayers::kConvolutionOutputs;
    default:
      return ReaderOptions{}.cnn_layers;
  }
}

v1::JobError MakeError(v1::Reason reason, std::string_view message, const std::string& phase) {
  v1::JobError error;
  error.set_reason(reason);
  error.set_message(ToUtf8(message));
  error.set_phase(phase);
  return error;
}

std::string Gibibytes(double bytes) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.1f GiB", bytes / (1 << 30));
  return text;
}

// LibTorch says `you tried to allocate 400000000000 bytes`. Empty where the message has no such number.
std::string BytesAskedFor(std::string_view what) {
  constexpr std::string_view lead = "tried to allocate ";
  const size_t before = what.find(lead);
  if (before == std::string_view::npos) return "";
  uint64_t bytes = 0;
  const char* first = what.data() + before + lead.size();
  const auto [end, error] = std::from_chars(first, what.data() + what.size(), bytes);
  return error == std::errc() ? std::string(first, end) : "";
}

}  // namespace

ReaderOptions ToReaderOptions(const v1::GraphOptions& graph, const InputShapes& input_shapes) {
  ReaderOptions options;
  options.kernel_norm = ToKernelNorm(graph.kernel_norm());
  if (graph.has_fold_batch_norm()) options.fold_batch_norm = graph.fold_batch_norm();
  options.normalization = ToNormalization(graph.normalization());
  options.layers.assign(graph.layers().begin(), graph.layers().end());
  options.cnn_layers = ToCnnLayers(graph.cnn_layers());
  if (graph.has_input_units()) options.input_units = graph.input_units();
  if (graph.has_output_units()) options.output_units = graph.output_units();
  if (graph.has_threshold()) options.threshold = graph.threshold();
  if (graph.has_remove_unconnected()) options.remove_unconnected = graph.remove_unconnected();
  for (const v1::InputShape& shape : input_shapes) {
    options.input_shapes.push_back({{shape.dimensions().begin(), shape.dimensions().end()}, shape.dtype()});
  }
  return options;
}

InputShapes ToProto(const std::vector<InputShape>& input_shapes) {
  InputShapes shapes;
  for (const InputShape& given : input_shapes) {
    v1::InputShape& shape = *shapes.Add();
    for (const int64_t dimension : given.dimensions) shape.add_dimensions(ToInt32(dimension));
    shape.set_dtype(given.dtype);
  }
  return shapes;
}

v1::Tensor ToProto(const TensorInfo& tensor) {
  v1::Tensor result;
  result.set_name(ToUtf8(tensor.name));
  for (const int64_t dimension : tensor.shape) result.add_shape(ToInt32(dimension));
  result.set_dtype(tensor.dtype);
  result.set_parameter(tensor.parameter);
  result.set_elements(static_cast<double>(tensor.elements));
  return result;
}

v1::UnitGraph ToProto(const UnitGraph& graph, RunContext& context) {
  v1::UnitGraph result;
  result.set_units(graph.units());
  for (const Group& group : graph.groups()) {
    v1::Group& added = *result.add_groups();
    added.set_name(ToUtf8(group.name));
    added.set_operation(group.operation);
    added.set_units(group.units);
  }
  std::vector<BlockTotals> totals(graph.blocks().size());
  context.ParallelFor(static_cast<int>(totals.size()), [&](int i) { totals[i] = Totals(graph.blocks()[i]); });
  double edges = 0;
  for (size_t i = 0; i < totals.size(); ++i) {
    v1::Block& added = *result.add_blocks();
    added.set_source(graph.blocks()[i].source);
    added.set_target(graph.blocks()[i].target);
    added.set_edges(static_cast<double>(totals[i].edges));
    added.set_weight(totals[i].weight);
    added.set_layer(ToUtf8(graph.blocks()[i].layer));
    added.set_entries(static_cast<double>(totals[i].entries));
    edges += added.edges();
  }
  result.set_edges(edges);
  for (const std::string& warning : graph.warnings) result.add_warnings(ToUtf8(warning));
  return result;
}

SpectralOptions ToSpectralOptions(const v1::SpectralSpec& spec) {
  SpectralOptions options;
  options.clusters.reset();
  if (spec.has_clusters()) options.clusters = spec.clusters();
  if (spec.has_least_clusters()) options.least_clusters = spec.least_clusters();
  if (spec.has_most_clusters()) options.most_clusters = spec.most_clusters();
  if (spec.has_restarts()) options.restarts = spec.restarts();
  if (spec.has_normalize_rows()) options.normalize_rows = spec.normalize_rows();
  return options;
}

LeidenOptions ToLeidenOptions(const v1::LeidenSpec& spec) {
  LeidenOptions options;
  if (spec.objective() == v1::Modularity::DIRECTED) options.objective = Objective::kDirected;
  if (spec.objective() == v1::Modularity::LAYER_PAIR) options.objective = Objective::kLayerPair;
  if (spec.objective() == v1::Modularity::SIGNED) options.objective = Objective::kSigned;
  if (spec.has_restarts()) options.restarts = spec.restarts();
  return options;
}

SweepOptions ToSweepOptions(const v1::LeidenSpec& spec) {
  SweepOptions options;
  options.leiden = ToLeidenOptions(spec);
  options.least = spec.sweep().least();
  options.most = spec.sweep().most();
  if (spec.sweep().has_steps()) options.steps = spec.sweep().steps();
  return options;
}

NullModel ToNullModel(v1::NullSpec::Model model) {
  switch (model) {
    case v1::NullSpec::LAYER_NONZERO:
      return NullModel::kLayerNonzero;
    case v1::NullSpec::DEGREE:
      return NullModel::kDegree;
    case v1::NullSpec::LAYER:
    case v1::NullSpec::MODEL_UNSPECIFIED:
      return NullModel::kLayer;
    default:
      throw std::logic_error("a null model that is not made from a graph");
  }
}

v1::Modularity::Objective ToProto(Objective objective) {
  switch (objective) {
    case Objective::kNewman:
      return v1::Modularity::NEWMAN;
    case Objective::kDirected:
      return v1::Modularity::DIRECTED;
    case Objective::kLayerPair:
      return v1::Modularity::LAYER_PAIR;
    case Objective::kSigned:
      return v1::Modularity::SIGNED;
  }
  return v1::Modularity::OBJECTIVE_UNSPECIFIED;
}

v1::Reason ToReason(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidOption:
      return v1::FIELD_INVALID;
    case ErrorKind::kModelLoadFailed:
      return v1::MODEL_LOAD_FAILED;
    case ErrorKind::kModelForwardFailed:
      return v1::MODEL_FORWARD_FAILED;
    case ErrorKind::kOperationForbidden:
      return v1::OPERATION_FORBIDDEN;
    case ErrorKind::kOperationUnsupported:
      return v1::OPERATION_UNSUPPORTED;
    case ErrorKind::kNoWeightLayers:
      return v1::NO_WEIGHT_LAYERS;
    case ErrorKind::kWeightsNotFinite:
      return v1::WEIGHTS_NOT_FINITE;
    case ErrorKind::kNoEdges:
      return v1::NO_EDGES;
    case ErrorKind::kClustersOutOfRange:
      return v1::CLUSTERS_OUT_OF_RANGE;
    case ErrorKind::kInputShapeInvalid:
      return v1::INPUT_SHAPE_INVALID;
    case ErrorKind::kNotConverged:
      return v1::NOT_CONVERGED;
    case ErrorKind::kOutOfMemory:
      return v1::MEMORY_LIMIT;
    case ErrorKind::kDataInvalid:
      return v1::DATA_INVALID;
    case ErrorKind::kGoalInvalid:
      return v1::GOAL_INVALID;
    case ErrorKind::kShapesMismatch:
      return v1::SHAPES_MISMATCH;
    case ErrorKind::kLossNotFinite:
      return v1::LOSS_NOT_FINITE;
    case ErrorKind::kCompositionInvalid:
      return v1::COMPOSITION_INVALID;
    case ErrorKind::kNothingToTrain:
      return v1::NOTHING_TO_TRAIN;
  }
  return v1::INTERNAL_FAULT;
}

v1::JobError ToProto(const Error& error, const std::string& phase) {
  v1::JobError result = MakeError(ToReason(error.kind()), error.what(), phase);
  for (const auto& [key, value] : error.metadata()) (*result.mutable_metadata())[ToUtf8(key)] = ToUtf8(value);
  return result;
}

v1::JobError OutOfMemory(std::string_view what, int64_t limit_bytes, const std::string& phase) {
  const std::string asked = BytesAskedFor(what);
  std::string message = "The job needs more memory than it may use";
  if (limit_bytes > 0) message += " (" + Gibibytes(static_cast<double>(limit_bytes)) + ")";
  if (!asked.empty()) message += ": it asked for " + Gibibytes(std::stod(asked)) + " at once";
  v1::JobError error = MakeError(v1::MEMORY_LIMIT, message + ". Raise its memory limit.", phase);
  if (!asked.empty()) (*error.mutable_metadata())["requested_bytes"] = asked;
  return error;
}

v1::JobError InternalFault(std::string_view what, const std::string& phase) {
  return MakeError(v1::INTERNAL_FAULT, what, phase);
}

}  // namespace modlab::server
