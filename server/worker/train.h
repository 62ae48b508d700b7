#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "core/run_context.h"
#include "modlab/v1/job.pb.h"
#include "modlab/v1/train.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/worker/event_sink.h"

namespace modlab::server {

/// Runs a `train` job, from the attempt's checkpoint on where it has been given one, and writes checkpoints, the
/// trained model as its product, and artifacts: `series.csv`, and `partitions.npy` where modularity was measured. Where
/// the loss is not finite, `last-good.pt`. `artifacts` gets their names, also of those that are there when it throws,
/// and `timings` where the steps went (`step.forward`, ...). Throws as core/train does.
v1::TrainResult TrainModel(const v1::TrainSpec& spec, const v1::InputNormalization& normalization, uint32_t seed,
                           const AttemptDirectory& directory, EventSink& events, RunContext& context,
                           google::protobuf::RepeatedPtrField<std::string>& artifacts,
                           std::vector<v1::PhaseTiming>& timings);

}  // namespace modlab::server
