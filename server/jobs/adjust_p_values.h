#pragma once

#include "modlab/v1/job.pb.h"
#include "server/jobs/authorize.h"
#include "server/jobs/jobs.h"

namespace modlab::server {

/// JobService.AdjustPValues; see job.proto. Throws RequestError and StorageError.
modlab::v1::AdjustPValuesResponse AdjustAsAsked(Jobs& jobs, const Principal& principal,
                                                const modlab::v1::AdjustPValuesRequest& request);

}  // namespace modlab::server
