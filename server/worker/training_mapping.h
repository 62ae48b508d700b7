#pragma once

#include <vector>

#include "core/graph/model_reader.h"
#include "core/train/training_options.h"
#include "core/train/training_record.h"
#include "modlab/v1/dataset.pb.h"
#include "modlab/v1/train.pb.h"

namespace modlab::server {

/// The options that a spec with all defaults filled in asks for, to train a model of these tensors. Throws Error as
/// core/train does for distributions; kInvalidOption (a mask of a parameter that there is not); kShapesMismatch (a mask
/// of another size than its parameter).
TrainingOptions ToTrainingOptions(const v1::TrainSpec& spec, const v1::InputNormalization& normalization,
                                  const std::vector<TensorInfo>& tensors, uint32_t seed);

v1::EpochRecord ToProto(const EpochRecord& record, const v1::TrainSpec& spec);
v1::TrainResult ToProto(const TrainingResult& result, const v1::TrainSpec& spec);

}  // namespace modlab::server
