#pragma once

#include <map>
#include <string>
#include <vector>

#include "modlab/v1/experiment.pb.h"

namespace modlab::server {

/// One job of an experiment.
struct PlannedJob {
  int step = 0;                               ///< Index into the spec's steps.
  std::map<std::string, std::string> values;  ///< By axis, as JSON.
  /// With the axes' values in it. Where it works on what another job of the plan makes, it names `steps/{name}`, and
  /// `makers` has the index of that job in the plan by that name.
  modlab::v1::JobSpec spec;
  std::map<std::string, int> makers;
};

/// The jobs that come of an experiment's steps and axes: in the order of steps, makers before what works on what they
/// make, and of the axes' values within. The same spec gives the same plan. Throws RequestError with the field at fault
/// (`experiment.spec.axes[0].field`).
std::vector<PlannedJob> PlanExperiment(const modlab::v1::ExperimentSpec& spec);

/// The value of a job on an axis as a label has it: text without its quotes.
std::string LabelOfValue(const std::string& json);

}  // namespace modlab::server
