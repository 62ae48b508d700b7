#pragma once

#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// The one of a partition's modularities that is its objective.
double TestedModularity(const v1::Partition& partition);

}  // namespace modlab::server
