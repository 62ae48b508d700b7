#pragma once

#include <functional>
#include <string>

#include "modlab/v1/dataset.pb.h"
#include "modlab/v1/model.pb.h"
#include "modlab/v1/train.pb.h"

namespace modlab::server {

/// What a training reads.
struct TrainInputs {
  modlab::v1::Model model;
  modlab::v1::Dataset data;
  /// Without a name where there is none.
  modlab::v1::Dataset evaluation_data;
};

/// Checks a training's spec as far as can be done without loading the model, and fills in every default. Throws
/// RequestError with the field at fault (`job.spec.train.optimizer.beta1`).
void ResolveTrain(const TrainInputs& inputs, modlab::v1::TrainSpec* spec);

}  // namespace modlab::server
