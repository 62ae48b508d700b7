#pragma once

#include <string>

#include "modlab/v1/job.pb.h"

namespace modlab::server {

/// A job that the server makes by itself, on behalf of `owner`, with a name of its own and without its kind's spec:
/// private, and ahead of the owner's other jobs, since it is short and people wait for it.
modlab::v1::Job ServerJob(modlab::v1::Job::Kind kind, const std::string& owner, const modlab::v1::Resources& resources);

}  // namespace modlab::server
