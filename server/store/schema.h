#pragma once

#include <array>

namespace modlab::server {

/// Migrations in order: kMigrations[n] takes the schema from version n to n + 1. Never changed once released, only
/// added to. Times are microseconds since 1970; messages are serialised modlab.v1 messages.
inline constexpr std::array kMigrations = {
    R"sql(
-- Content, stored once under its digest in blobs/. A row exists as long as something below refers to it.
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL,
  create_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  sharing INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  state INTEGER NOT NULL,             -- modlab.v1.Upload.State; COMPLETE has its content in blobs
  create_time INTEGER NOT NULL,
  expire_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE models (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  sharing INTEGER NOT NULL,
  display_name TEXT NOT NULL,
  format INTEGER NOT NULL,
  sha256 TEXT NOT NULL REFERENCES blobs (sha256),
  size_bytes INTEGER NOT NULL,
  state INTEGER NOT NULL,             -- modlab.v1.Model.State
  inspect_job TEXT NOT NULL,          -- id of the latest inspection
  inspection BLOB,                    -- modlab.v1.Inspection
  error BLOB,                         -- modlab.v1.JobError
  create_time INTEGER NOT NULL
) STRICT;
CREATE INDEX models_by_content ON models (owner, sha256);

CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  sharing INTEGER NOT NULL,
  kind INTEGER NOT NULL,              -- modlab.v1.Job.Kind
  state INTEGER NOT NULL,             -- modlab.v1.Job.State
  priority INTEGER NOT NULL,
  spec BLOB NOT NULL,                 -- modlab.v1.JobSpec
  create_time INTEGER NOT NULL,
  start_time INTEGER,
  end_time INTEGER,
  last_sequence INTEGER NOT NULL DEFAULT 0,
  force_cancel INTEGER NOT NULL DEFAULT 0,
  error BLOB,                         -- modlab.v1.JobError
  result BLOB                         -- modlab.v1.JobResult
) STRICT;
CREATE INDEX jobs_by_turn ON jobs (state, priority DESC, sequence);

-- What an unfinished job reads cannot be deleted.
CREATE TABLE job_inputs (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  model TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (job, model)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_inputs_by_model ON job_inputs (model);

CREATE TABLE attempts (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  process TEXT NOT NULL,              -- the executor's name for it
  start_time INTEGER NOT NULL,
  end_time INTEGER,
  outcome TEXT NOT NULL DEFAULT '',
  lost INTEGER NOT NULL DEFAULT 0,    -- whether it counts against the number of attempts
  peak_memory_bytes INTEGER NOT NULL DEFAULT 0,
  wall_milliseconds INTEGER NOT NULL DEFAULT 0,
  event_offset INTEGER NOT NULL DEFAULT 0,  -- how much of events.log is in events
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  event BLOB NOT NULL,                -- modlab.v1.Event
  PRIMARY KEY (job, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE artifacts (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES blobs (sha256),
  size_bytes INTEGER NOT NULL,
  PRIMARY KEY (job, name)
) STRICT, WITHOUT ROWID;

-- Labels of jobs and models; `resource` is `jobs/{id}` or `models/{id}`.
CREATE TABLE labels (
  resource TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (resource, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX labels_by_value ON labels (key, value, resource);

-- Creations that were asked for with a request_id.
CREATE TABLE requests (
  owner TEXT NOT NULL,
  request_id TEXT NOT NULL,
  digest TEXT NOT NULL,               -- SHA-256 of method and body
  resource TEXT NOT NULL,
  create_time INTEGER NOT NULL,
  PRIMARY KEY (owner, request_id)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
ALTER TABLE attempts ADD COLUMN sandbox TEXT NOT NULL DEFAULT '';
)sql",
    R"sql(
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  role INTEGER NOT NULL,              -- modlab.v1.Role
  create_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a user shows to be let in. The secret itself is kept nowhere.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  create_time INTEGER NOT NULL,
  expire_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Users who may read what is another's; `resource` is `jobs/{id}` or `models/{id}`.
CREATE TABLE shares (
  resource TEXT NOT NULL,
  user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
  PRIMARY KEY (resource, user)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
-- What a user may have at a time; NULL: what the server gives everybody; 0: no limit.
ALTER TABLE users ADD COLUMN running_quota INTEGER;
ALTER TABLE users ADD COLUMN queued_quota INTEGER;
ALTER TABLE users ADD COLUMN stored_quota INTEGER;

-- When each user last had a turn, counted in turns.
CREATE TABLE turns (
  owner TEXT PRIMARY KEY,
  turn INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an operator has set while the server runs.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

DROP INDEX jobs_by_turn;
CREATE INDEX jobs_by_turn ON jobs (state, owner, priority DESC, sequence);
CREATE INDEX jobs_by_owner ON jobs (owner, sequence);
CREATE INDEX jobs_by_end ON jobs (end_time) WHERE end_time IS NOT NULL;
CREATE INDEX artifacts_by_content ON artifacts (sha256);
CREATE INDEX uploads_by_content ON uploads (sha256);
CREATE INDEX models_by_digest ON models (sha256);
CREATE INDEX requests_by_age ON requests (create_time);
)sql",
    R"sql(
CREATE TABLE datasets (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  sharing INTEGER NOT NULL,
  display_name TEXT NOT NULL,
  source_digest TEXT NOT NULL,        -- stands for what it is made of, and how
  state INTEGER NOT NULL,             -- modlab.v1.Dataset.State
  import_job TEXT NOT NULL,           -- id of the latest import
  sha256 TEXT REFERENCES blobs (sha256),  -- NULL unless READY
  size_bytes INTEGER NOT NULL DEFAULT 0,
  create_time INTEGER NOT NULL,
  description BLOB NOT NULL           -- modlab.v1.Dataset: what has no column
) STRICT;
CREATE INDEX datasets_by_source ON datasets (owner, source_digest);
CREATE INDEX datasets_by_content ON datasets (sha256);

-- What a job reads. What an unfinished job reads cannot be deleted.
CREATE TABLE inputs (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  file TEXT NOT NULL,                 -- its name in the attempt's in/
  resource TEXT NOT NULL,             -- `models/{id}`, `datasets/{id}`; empty: content that is the job's alone
  sha256 TEXT NOT NULL,
  PRIMARY KEY (job, file)
) STRICT, WITHOUT ROWID;
INSERT INTO inputs SELECT job, 'model.pt', 'models/' || model, sha256 FROM job_inputs;
DROP TABLE job_inputs;
ALTER TABLE inputs RENAME TO job_inputs;
CREATE INDEX job_inputs_by_resource ON job_inputs (resource);
CREATE INDEX job_inputs_by_content ON job_inputs (sha256);

ALTER TABLE models ADD COLUMN source_job TEXT NOT NULL DEFAULT '';  -- id of the job that made it
)sql",
    R"sql(
-- What a WAITING job waits for: one that makes a model it works on, then the inspection of that.
CREATE TABLE dependencies (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  needs TEXT NOT NULL,
  PRIMARY KEY (job, needs)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependencies_by_need ON dependencies (needs);

CREATE TABLE experiments (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  sharing INTEGER NOT NULL,
  display_name TEXT NOT NULL,
  spec BLOB NOT NULL,                 -- modlab.v1.ExperimentSpec
  create_time INTEGER NOT NULL,
  UNIQUE (owner, display_name)
) STRICT;

-- The jobs of an experiment, in order. They may be gone.
CREATE TABLE experiment_jobs (
  experiment TEXT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  job TEXT NOT NULL,
  description BLOB NOT NULL,          -- modlab.v1.ExperimentJob: its step and values
  PRIMARY KEY (experiment, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX experiment_jobs_by_job ON experiment_jobs (job);
)sql",
    R"sql(
-- The jobs that others of an experiment have taken the place of. They may be gone.
CREATE TABLE replaced_jobs (
  experiment TEXT NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
  job TEXT NOT NULL,
  PRIMARY KEY (experiment, job)
) STRICT, WITHOUT ROWID;
)sql",
};

}  // namespace modlab::server
