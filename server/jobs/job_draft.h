#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/authorize.h"
#include "server/jobs/limits.h"
#include "server/store/jobs_table.h"

namespace modlab::server {

/// A job that was asked for, checked, and not yet stored.
struct JobDraft {
  modlab::v1::Job job;             ///< As it is to be stored: QUEUED or WAITING; named by InsertDraft, unless it is.
  std::vector<JobInput> inputs;    ///< What is there already of what it reads.
  std::vector<std::string> needs;  ///< Ids of the jobs that it waits for.
};

/// Whether a job of this kind makes a model.
bool MakesModel(modlab::v1::Job::Kind kind);
/// `models/{id}` of what a job has made that SUCCEEDED; empty for other kinds.
std::string ModelMadeBy(const modlab::v1::Job& job);

/// Checks all of `requested` that is the caller's to say (spec, labels, priority, sharing, shared_with). What works on
/// a job's model that is not there yet is checked as far as can be done without it. Within a transaction. Throws
/// RequestError with fields that begin `job.`.
JobDraft DraftJob(SQLite::Database& connection, const Principal& principal, const Limits& limits,
                  const modlab::v1::Job& requested);

/// Stores it. Within the same transaction.
void InsertDraft(SQLite::Database& connection, JobDraft* draft);

/// Checks that one job more may be created: that jobs are few enough, and the caller's bytes.
void CheckJobIsTaken(SQLite::Database& connection, const Principal& principal, const Limits& limits);

/// A job that `principal` may do this with, else RequestError.
modlab::v1::Job FindAuthorizedJob(SQLite::Database& connection, const Principal& principal, Verb verb,
                                  const std::string& name, bool with_result = true, const std::string& field = "name");

}  // namespace modlab::server
