#pragma once

#include "modlab/v1/comparison.pb.h"
#include "server/jobs/authorize.h"
#include "server/jobs/experiments.h"
#include "server/jobs/jobs.h"
#include "server/jobs/models.h"

namespace modlab::server {

/// JobService.CompareScores. Throws RequestError.
modlab::v1::CompareScoresResponse CompareScoresAsAsked(Jobs& jobs, Models& models, Experiments& experiments,
                                                       const Principal& principal,
                                                       const modlab::v1::CompareScoresRequest& request);

}  // namespace modlab::server
