#pragma once

#include <string>

#include "modlab/v1/job.pb.h"
#include "server/jobs/authorize.h"
#include "server/jobs/jobs.h"

namespace modlab::server {

/// A score job that has SUCCEEDED, with its result. `field` is the request's field that names it. Throws RequestError
/// RESOURCE_NOT_FOUND, FIELD_INVALID (of another kind), RESULT_MISSING.
modlab::v1::Job GetScoredJob(Jobs& jobs, const Principal& principal, const std::string& name, const std::string& field);

/// Refuses to read too many jobs for one answer: throws RequestError LIMIT_EXCEEDED.
void CheckNumberOfJobs(int jobs);

/// How the name of an enumeration's value stands in a sentence: `running` for RUNNING.
std::string Lower(std::string name);

}  // namespace modlab::server
