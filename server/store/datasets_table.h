#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/dataset.pb.h"
#include "server/store/list_rows.h"

namespace modlab::server {

// Data sets. All within a transaction; ids are without their `datasets/`.

/// `dataset.name` and `dataset.owner` must be set. `source_digest` stands for what it is made of, and how.
void InsertDataset(SQLite::Database& connection, const modlab::v1::Dataset& dataset, const std::string& source_digest);
std::optional<modlab::v1::Dataset> FindDataset(SQLite::Database& connection, const std::string& id);
/// The owner's newest data set that was made of this.
std::optional<modlab::v1::Dataset> FindDatasetBySource(SQLite::Database& connection, const std::string& owner,
                                                       const std::string& source_digest);
struct DatasetList {
  std::vector<modlab::v1::Dataset> datasets;
  std::optional<int64_t> last_sequence;  ///< Set where there are more.
};
DatasetList ListDatasets(SQLite::Database& connection, const RowFilter& filter, const Page& page);
/// Writes all that an import changes: `state`, `import_job`, `source`, `normalization`, `tensors`, `error`, and the
/// content, `sha256` and `size_bytes`, whose blob must be known.
void UpdateDatasetImport(SQLite::Database& connection, const modlab::v1::Dataset& dataset);
void SetDatasetSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing);
void DeleteDataset(SQLite::Database& connection, const std::string& id);

}  // namespace modlab::server
