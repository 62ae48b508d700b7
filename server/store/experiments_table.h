#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/experiment.pb.h"
#include "server/store/list_rows.h"

namespace modlab::server {

// Experiments, and which jobs are theirs. All within a transaction; ids are without their `experiments/`.

/// With its jobs, in order; `experiment.name` and `experiment.owner` must be set.
void InsertExperiment(SQLite::Database& connection, const modlab::v1::Experiment& experiment);
/// With its spec, jobs, their counts, and when the last of them ended that has; each with step, values, and what its
/// row says of kind, state, times and error.
std::optional<modlab::v1::Experiment> FindExperiment(SQLite::Database& connection, const std::string& id);
std::optional<modlab::v1::Experiment> FindExperimentByDisplayName(SQLite::Database& connection,
                                                                  const std::string& owner,
                                                                  const std::string& display_name);

struct ExperimentList {
  /// Without specs and jobs.
  std::vector<modlab::v1::Experiment> experiments;
  std::optional<int64_t> last_sequence;  ///< Set where there are more.
};
/// `display_name`: only the ones called so; empty for all.
ExperimentList ListExperiments(SQLite::Database& connection, const RowFilter& filter, const std::string& display_name,
                               const Page& page);

/// Puts another job (`jobs/{id}`) in the place of the one at `position`, which is among the ReplacedJobs from then on.
void ReplaceExperimentJob(SQLite::Database& connection, const std::string& id, int position, const std::string& job);
/// `jobs/{id}` of those that are there still.
std::vector<std::string> ReplacedJobs(SQLite::Database& connection, const std::string& id);
void SetExperimentSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing);
/// Its jobs stay.
void DeleteExperiment(SQLite::Database& connection, const std::string& id);
/// Those of which no job is left. Returns how many they were.
int DeleteEmptyExperiments(SQLite::Database& connection);

}  // namespace modlab::server
