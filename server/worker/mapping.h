#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/community/leiden.h"
#include "core/community/resolution_sweep.h"
#include "core/error.h"
#include "core/graph/model_reader.h"
#include "core/graph/unit_graph.h"
#include "core/measure/measure.h"
#include "core/measure/null_model.h"
#include "core/run_context.h"
#include "core/spectral/spectral_clustering.h"
#include "modlab/v1/error.pb.h"
#include "modlab/v1/graph.pb.h"
#include "modlab/v1/model.pb.h"
#include "modlab/v1/score.pb.h"

/// The one place where the protocol's messages and core's structs meet, but for server/comparison, which is the
/// daemon's too.
///
/// Absent options keep core's defaults. Numbers that do not fit a message's field throw std::range_error.
namespace modlab::server {

using InputShapes = google::protobuf::RepeatedPtrField<v1::InputShape>;

ReaderOptions ToReaderOptions(const v1::GraphOptions& graph, const InputShapes& input_shapes);

InputShapes ToProto(const std::vector<InputShape>& input_shapes);
v1::Tensor ToProto(const TensorInfo& tensor);
/// Counts every block's edges, in parallel.
v1::UnitGraph ToProto(const UnitGraph& graph, RunContext& context);

SpectralOptions ToSpectralOptions(const v1::SpectralSpec& spec);
LeidenOptions ToLeidenOptions(const v1::LeidenSpec& spec);
/// Of one that has a sweep.
SweepOptions ToSweepOptions(const v1::LeidenSpec& spec);
/// Not RANDOM_INIT, which takes the model and not its graph.
NullModel ToNullModel(v1::NullSpec::Model model);
v1::Modularity::Objective ToProto(Objective objective);

v1::Reason ToReason(ErrorKind kind);
v1::JobError ToProto(const Error& error, const std::string& phase);
/// `what`: the allocator's message; its number of bytes is told where it has one.
v1::JobError OutOfMemory(std::string_view what, int64_t limit_bytes, const std::string& phase);
v1::JobError InternalFault(std::string_view what, const std::string& phase);

}  // namespace modlab::server
