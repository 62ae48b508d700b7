#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// Everything about a job but its result.
std::string JobText(const v1::Job& job, const TextStyle& style);

/// `12:03:01  running`, `12:03:02  log: ...`: one line for an event; empty for progress, which is shown otherwise.
std::string EventText(const v1::Event& event);

/// A line that a job has logged as it stands there, but for `warning: ` and `error: ` before what is such; with its
/// time where that is wanted.
std::string LogText(const v1::Event& event, bool timestamps);

std::string ArtifactListText(const v1::ListArtifactsResponse& artifacts, const TextStyle& style);

/// `models/{id}` of the model that the job is about.
const std::string& ModelOf(const v1::JobSpec& spec);

/// `queued`, `running`, ...
std::string StateText(v1::Job::State state);

/// From the start of the latest attempt to the end; `-` where there is none.
std::string TookText(const v1::Job& job);

}  // namespace modlab::client
