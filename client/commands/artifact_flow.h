#pragma once

#include <string>

#include "client/commands/save.h"
#include "client/session.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

v1::ListArtifactsResponse ListArtifacts(Session& session, const std::string& job);

/// Fetches a job's artifact into a file, as the options say. Throws Failure (kNotFound) where the job has none such.
void FetchArtifact(Session& session, const std::string& job, const std::string& artifact, const SaveOptions& options);

}  // namespace modlab::client
