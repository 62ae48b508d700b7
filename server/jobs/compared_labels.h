#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/authorize.h"
#include "server/jobs/jobs.h"

namespace modlab::server {

/// One side of a comparison of partitions, looked up.
struct ComparedLabels {
  modlab::v1::ComparedPartition partition;  ///< As asked for, with `index` and `method` where it is a job's; no labels.
  std::vector<int> labels;                  ///< Per unit; below 0: no cluster.
  google::protobuf::RepeatedPtrField<modlab::v1::Group> groups;  ///< Of the job's graph; none for labels alone.
};

/// The most units that two partitions may have to be compared.
inline constexpr int kMostComparedUnits = 10'000'000;

/// What `asked` stands for, if this principal may read its job. `field` is the request's field that holds it: `first`.
/// Throws RequestError as JobService.ComparePartitions says.
ComparedLabels FindLabels(Jobs& jobs, const Principal& principal, const modlab::v1::ComparedPartition& asked,
                          const std::string& field);

}  // namespace modlab::server
