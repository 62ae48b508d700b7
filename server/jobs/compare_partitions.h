#pragma once

#include "modlab/v1/job.pb.h"
#include "server/jobs/authorize.h"
#include "server/jobs/jobs.h"

namespace modlab::server {

/// JobService.ComparePartitions; see job.proto. Reads labels from the store, and no model. O(n log n) for n units, and
/// some seconds for as many clusters as it takes. Throws RequestError and StorageError.
modlab::v1::ComparePartitionsResponse CompareAsAsked(Jobs& jobs, const Principal& principal,
                                                     const modlab::v1::ComparePartitionsRequest& request);

}  // namespace modlab::server
