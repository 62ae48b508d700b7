#include "server/store/datasets_table.h"

#include <google/protobuf/util/time_util.h>

#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::Dataset;

const std::string kDatasetColumns =
    "id, owner, sharing, display_name, state, import_job, sha256, size_bytes, create_time, description, sequence "
    "FROM datasets";

Dataset DatasetFromRow(SQLite::Database& connection, const Query& row) {
  Dataset dataset;
  ParseColumn(row.getColumn(9), &dataset);
  dataset.set_name("datasets/" + row.getColumn(0).getString());
  dataset.set_owner(row.getColumn(1).getString());
  dataset.set_sharing(static_cast<modlab::v1::Sharing>(row.getColumn(2).getInt()));
  dataset.set_display_name(row.getColumn(3).getString());
  dataset.set_state(static_cast<Dataset::State>(row.getColumn(4).getInt()));
  dataset.set_import_job("jobs/" + row.getColumn(5).getString());
  if (!row.getColumn(6).isNull()) dataset.set_sha256(row.getColumn(6).getString());
  dataset.set_size_bytes(row.getColumn(7).getInt64());
  *dataset.mutable_create_time() = ToTimestamp(row.getColumn(8).getInt64());
  LoadLabels(connection, dataset.name(), dataset.mutable_labels());
  LoadShares(connection, dataset.name(), dataset.mutable_shared_with());
  return dataset;
}

/// What has no column of its own.
Dataset DescriptionOf(const Dataset& dataset) {
  Dataset description;
  *description.mutable_source() = dataset.source();
  *description.mutable_normalization() = dataset.normalization();
  *description.mutable_tensors() = dataset.tensors();
  description.set_samples(dataset.samples());
  if (dataset.has_error()) *description.mutable_error() = dataset.error();
  return description;
}

std::optional<Dataset> DatasetFirstOf(SQLite::Database& connection, Query& query) {
  if (!query.executeStep()) return std::nullopt;
  return DatasetFromRow(connection, query);
}

}  // namespace

void InsertDataset(SQLite::Database& connection, const Dataset& dataset, const std::string& source_digest) {
  Query(connection,
        "INSERT INTO datasets (id, owner, sharing, display_name, source_digest, state, import_job, create_time, "
        "description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        IdOf(dataset.name()), dataset.owner(), dataset.sharing(), dataset.display_name(), source_digest,
        dataset.state(), IdOf(dataset.import_job()), TimeUtil::TimestampToMicroseconds(dataset.create_time()),
        DescriptionOf(dataset))
      .exec();
  InsertLabels(connection, dataset.name(), dataset.labels());
  SetShares(connection, dataset.name(), dataset.shared_with());
}

std::optional<Dataset> FindDataset(SQLite::Database& connection, const std::string& id) {
  Query query(connection, "SELECT " + kDatasetColumns + " WHERE id = ?", id);
  return DatasetFirstOf(connection, query);
}

std::optional<Dataset> FindDatasetBySource(SQLite::Database& connection, const std::string& owner,
                                           const std::string& source_digest) {
  Query query(connection,
              "SELECT " + kDatasetColumns + " WHERE owner = ? AND source_digest = ? ORDER BY sequence DESC LIMIT 1",
              owner, source_digest);
  return DatasetFirstOf(connection, query);
}

DatasetList ListDatasets(SQLite::Database& connection, const RowFilter& filter, const Page& page) {
  DatasetList list;
  list.last_sequence = ListRows(
      connection, kDatasetColumns, "'datasets/' || id", filter, page, "", [](Query&) {},
      [&](const Query& row) { list.datasets.push_back(DatasetFromRow(connection, row)); });
  return list;
}

void UpdateDatasetImport(SQLite::Database& connection, const Dataset& dataset) {
  Query(connection,
        "UPDATE datasets SET state = ?, import_job = ?, sha256 = nullif(?, ''), size_bytes = ?, description = ? "
        "WHERE id = ?",
        dataset.state(), IdOf(dataset.import_job()), dataset.sha256(), dataset.size_bytes(), DescriptionOf(dataset),
        IdOf(dataset.name()))
      .exec();
}

void SetDatasetSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing) {
  Query(connection, "UPDATE datasets SET sharing = ? WHERE id = ?", sharing, id).exec();
}

void DeleteDataset(SQLite::Database& connection, const std::string& id) {
  Query(connection, "DELETE FROM datasets WHERE id = ?", id).exec();
  DeleteLabels(connection, "datasets/" + id);
  SetShares(connection, "datasets/" + id, {});
}

}  // namespace modlab::server
