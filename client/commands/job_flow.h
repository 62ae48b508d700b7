#pragma once

#include <string>

#include "client/commands/options.h"
#include "client/deadline.h"
#include "client/session.h"
#include "client/watch.h"
#include "modlab/v1/job.pb.h"
#include "modlab/v1/model.pb.h"

namespace modlab::client {

// What happens between a request for work and its result, shared by all commands that make or await jobs.

/// What people call the model: its display name, or its resource name if it is gone.
std::string ModelTitle(Session& session, const std::string& model);

v1::Job CreateJob(Session& session, const v1::JobSpec& spec, const JobOptions& options);

/// Whether to say which job is waited for, so that its id is known to somebody who wants to come back to it.
enum class Announce { kNo, kYes };

/// What is shown of a job that is waited for: how far it is, or also a training's loss and modularity as plots.
enum class Shown { kBar, kPlots };

/// Waits for a job and shows its progress. Ctrl-C ends the waiting, not the job.
WatchOutcome AwaitJob(Session& session, const std::string& job, const Deadline& deadline, Announce announce,
                      Shown shown = Shown::kBar);

/// Follows a job as the options say, within the command's own time, on a server that is started again if it is the
/// local one and dies. Ctrl-C ends the following, not the job.
WatchOutcome FollowJob(Session& session, const std::string& job, WatchOptions options, JobObserver& observer,
                       Announce announce = Announce::kNo);

/// What to say when a server went away that was there, `why` in gRPC's words.
std::string LostServerText(const std::string& why);

/// Follows a job and prints its events on standard output: as JSON Lines, or one line of text each with progress beside
/// them on standard error.
WatchOutcome StreamJob(Session& session, const std::string& job, int after_sequence, const Deadline& deadline);

/// The exit code for an outcome. Says on standard error why the job failed, or how to come back to it.
ExitCode Report(const Session& session, const WatchOutcome& outcome);

/// Prints a finished job: with its result as a table, or whole as JSON.
void PrintResult(Session& session, const v1::Job& job);

/// For a job that was just created: prints its id and leaves, or waits and prints its result, as the options say.
ExitCode FinishOrDetach(Session& session, const v1::Job& job, bool wait, const Deadline& deadline,
                        Shown shown = Shown::kBar);

}  // namespace modlab::client
