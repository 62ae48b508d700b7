#pragma once

#include <chrono>
#include <string>

#include "client/deadline.h"
#include "client/session.h"
#include "modlab/v1/experiment.pb.h"

namespace modlab::client {

/// The experiment of that id (`experiments/abc`, `abc`) or, among one's own first, of that display name. Throws Failure
/// (kNotFound).
v1::Experiment FindExperiment(Session& session, const std::string& subject);

/// What a command is about that takes scored jobs or an experiment.
struct Subject {
  std::string job;         ///< `jobs/abc`, or
  std::string experiment;  ///< `experiments/abc`.
};
/// `jobs/abc`, `experiments/abc`, an id of either, or an experiment's display name. Throws Failure (kNotFound).
Subject FindSubject(Session& session, const std::string& text);

/// How long to wait for the next look at an experiment that has been waited for so long already: a twentieth of that,
/// 0.3 s at least and 2 s at most. The answer is long where there are many jobs.
std::chrono::milliseconds LookInterval(std::chrono::steady_clock::duration waited);

/// Waits until all jobs of an experiment have ended, and shows how far it is. Ctrl-C ends the waiting, not the
/// experiment. A server that goes away is waited for; the local one is started again. Returns kOk where all jobs have
/// SUCCEEDED, and `experiment` as it ended; throws Failure (kJobFailed) with what has gone wrong, (kTimedOut).
ExitCode AwaitExperiment(Session& session, v1::Experiment& experiment, const Deadline& deadline);

}  // namespace modlab::client
