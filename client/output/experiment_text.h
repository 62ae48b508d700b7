#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/experiment.pb.h"

namespace modlab::client {

/// How many of its jobs are in a state.
int JobsIn(const v1::Experiment& experiment, v1::Job::State state);

/// `whole_rmvg, seed 2`: which job of its experiment it is.
std::string StepText(const v1::ExperimentJob& job);

/// `12 of 54 jobs done; whole_rmvg, seed 2: epoch 3 of 120, ...`.
std::string ExperimentProgressText(const v1::Experiment& experiment);

/// An experiment and its jobs, a line for each step, or for each job where the style is wide.
std::string ExperimentText(const v1::Experiment& experiment, const TextStyle& style);

std::string ExperimentListText(const google::protobuf::RepeatedPtrField<v1::Experiment>& experiments,
                               const TextStyle& style);

}  // namespace modlab::client
