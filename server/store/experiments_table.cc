#include "server/store/experiments_table.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::Experiment;
using modlab::v1::ExperimentJob;
using modlab::v1::Job;

const std::string kExperimentColumns = "id, owner, sharing, display_name, create_time, spec, sequence FROM experiments";

void LoadCounts(SQLite::Database& connection, const std::string& id, Experiment* experiment) {
  Query query(connection,
              "SELECT ifnull(state, 0), count(*), max(end_time) FROM experiment_jobs "
              "LEFT JOIN jobs ON jobs.id = experiment_jobs.job WHERE experiment = ? GROUP BY 1 ORDER BY 1",
              id);
  int64_t last = 0;
  while (query.executeStep()) {
    auto* count = experiment->add_counts();
    count->set_state(static_cast<Job::State>(query.getColumn(0).getInt()));
    count->set_jobs(query.getColumn(1).getInt());
    if (!query.getColumn(2).isNull()) last = std::max(last, query.getColumn(2).getInt64());
  }
  if (last > 0) *experiment->mutable_end_time() = ToTimestamp(last);
}

void LoadJobs(SQLite::Database& connection, const std::string& id, Experiment* experiment) {
  Query query(connection,
              "SELECT experiment_jobs.job, description, kind, state, start_time, end_time, error FROM experiment_jobs "
              "LEFT JOIN jobs ON jobs.id = experiment_jobs.job WHERE experiment = ? ORDER BY position",
              id);
  while (query.executeStep()) {
    ExperimentJob& job = *experiment->add_jobs();
    ParseColumn(query.getColumn(1), &job);
    ParseColumn(query.getColumn(6), job.mutable_error());
    if (job.error().reason() == modlab::v1::REASON_UNSPECIFIED) job.clear_error();
    job.set_job("jobs/" + query.getColumn(0).getString());
    if (query.getColumn(3).isNull()) continue;  // it is gone
    job.set_kind(static_cast<Job::Kind>(query.getColumn(2).getInt()));
    job.set_state(static_cast<Job::State>(query.getColumn(3).getInt()));
    if (!query.getColumn(4).isNull()) *job.mutable_start_time() = ToTimestamp(query.getColumn(4).getInt64());
    if (!query.getColumn(5).isNull()) *job.mutable_end_time() = ToTimestamp(query.getColumn(5).getInt64());
  }
}

Experiment ExperimentFromRow(SQLite::Database& connection, const Query& row, bool in_full) {
  Experiment experiment;
  const std::string id = row.getColumn(0).getString();
  experiment.set_name("experiments/" + id);
  experiment.set_owner(row.getColumn(1).getString());
  experiment.set_sharing(static_cast<modlab::v1::Sharing>(row.getColumn(2).getInt()));
  experiment.set_display_name(row.getColumn(3).getString());
  *experiment.mutable_create_time() = ToTimestamp(row.getColumn(4).getInt64());
  LoadShares(connection, experiment.name(), experiment.mutable_shared_with());
  LoadCounts(connection, id, &experiment);
  if (!in_full) return experiment;
  ParseColumn(row.getColumn(5), experiment.mutable_spec());
  LoadJobs(connection, id, &experiment);
  return experiment;
}

std::optional<Experiment> ExperimentFirstOf(SQLite::Database& connection, Query& query) {
  if (!query.executeStep()) return std::nullopt;
  return ExperimentFromRow(connection, query, true);
}

}  // namespace

void InsertExperiment(SQLite::Database& connection, const Experiment& experiment) {
  const std::string id = IdOf(experiment.name());
  Query(connection,
        "INSERT INTO experiments (id, owner, sharing, display_name, spec, create_time) VALUES (?, ?, ?, ?, ?, ?)", id,
        experiment.owner(), experiment.sharing(), experiment.display_name(), experiment.spec(),
        TimeUtil::TimestampToMicroseconds(experiment.create_time()))
      .exec();
  SetShares(connection, experiment.name(), experiment.shared_with());
  for (int position = 0; position < experiment.jobs_size(); ++position) {
    const ExperimentJob& job = experiment.jobs(position);
    ExperimentJob description;
    description.set_step(job.step());
    *description.mutable_values() = job.values();
    Query(connection, "INSERT INTO experiment_jobs (experiment, position, job, description) VALUES (?, ?, ?, ?)", id,
          position, IdOf(job.job()), description)
        .exec();
  }
}

std::optional<Experiment> FindExperiment(SQLite::Database& connection, const std::string& id) {
  Query query(connection, "SELECT " + kExperimentColumns + " WHERE id = ?", id);
  return ExperimentFirstOf(connection, query);
}

std::optional<Experiment> FindExperimentByDisplayName(SQLite::Database& connection, const std::string& owner,
                                                      const std::string& display_name) {
  Query query(connection, "SELECT " + kExperimentColumns + " WHERE owner = ? AND display_name = ?", owner,
              display_name);
  return ExperimentFirstOf(connection, query);
}

ExperimentList ListExperiments(SQLite::Database& connection, const RowFilter& filter, const std::string& display_name,
                               const Page& page) {
  ExperimentList list;
  list.last_sequence = ListRows(
      connection, kExperimentColumns, "'experiments/' || id", filter, page,
      display_name.empty() ? "" : " AND display_name = ?",
      [&](Query& query) {
        if (!display_name.empty()) query.Add(display_name);
      },
      [&](const Query& row) { list.experiments.push_back(ExperimentFromRow(connection, row, false)); });
  return list;
}

void ReplaceExperimentJob(SQLite::Database& connection, const std::string& id, int position, const std::string& job) {
  Query(connection,
        "INSERT OR IGNORE INTO replaced_jobs (experiment, job) "
        "SELECT experiment, job FROM experiment_jobs WHERE experiment = ? AND position = ?",
        id, position)
      .exec();
  Query(connection, "UPDATE experiment_jobs SET job = ? WHERE experiment = ? AND position = ?", IdOf(job), id, position)
      .exec();
}

std::vector<std::string> ReplacedJobs(SQLite::Database& connection, const std::string& id) {
  std::vector<std::string> names;
  Query query(connection, "SELECT job FROM replaced_jobs JOIN jobs ON jobs.id = job WHERE experiment = ? ORDER BY job",
              id);
  while (query.executeStep()) names.push_back("jobs/" + query.getColumn(0).getString());
  return names;
}

void SetExperimentSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing) {
  Query(connection, "UPDATE experiments SET sharing = ? WHERE id = ?", sharing, id).exec();
}

void DeleteExperiment(SQLite::Database& connection, const std::string& id) {
  Query(connection, "DELETE FROM experiments WHERE id = ?", id).exec();
  SetShares(connection, "experiments/" + id, {});
}

int DeleteEmptyExperiments(SQLite::Database& connection) {
  std::vector<std::string> empty;
  Query query(connection,
              "SELECT id FROM experiments WHERE NOT EXISTS (SELECT 1 FROM experiment_jobs JOIN jobs "
              "ON jobs.id = experiment_jobs.job WHERE experiment = experiments.id)");
  while (query.executeStep()) empty.push_back(query.getColumn(0).getString());
  for (const std::string& id : empty) DeleteExperiment(connection, id);
  return static_cast<int>(empty.size());
}

}  // namespace modlab::server
