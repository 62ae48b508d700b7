#include "server/store/models_table.h"

#include <google/protobuf/util/time_util.h>

#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::Model;

const std::string kModelColumns =
    "id, owner, sharing, display_name, format, sha256, size_bytes, state, inspect_job, error, create_time, inspection, "
    "source_job, sequence FROM models";

Model ModelFromRow(SQLite::Database& connection, const Query& row, bool with_inspection) {
  Model model;
  model.set_name("models/" + row.getColumn(0).getString());
  model.set_owner(row.getColumn(1).getString());
  model.set_sharing(static_cast<modlab::v1::Sharing>(row.getColumn(2).getInt()));
  model.set_display_name(row.getColumn(3).getString());
  model.set_format(static_cast<Model::Format>(row.getColumn(4).getInt()));
  model.set_sha256(row.getColumn(5).getString());
  model.set_size_bytes(row.getColumn(6).getInt64());
  model.set_state(static_cast<Model::State>(row.getColumn(7).getInt()));
  model.set_inspect_job("jobs/" + row.getColumn(8).getString());
  if (!row.getColumn(9).isNull()) ParseColumn(row.getColumn(9), model.mutable_error());
  *model.mutable_create_time() = ToTimestamp(row.getColumn(10).getInt64());
  if (with_inspection && !row.getColumn(11).isNull()) ParseColumn(row.getColumn(11), model.mutable_inspection());
  if (const std::string job = row.getColumn(12).getString(); !job.empty()) model.set_source_job("jobs/" + job);
  LoadLabels(connection, model.name(), model.mutable_labels());
  LoadShares(connection, model.name(), model.mutable_shared_with());
  return model;
}

}  // namespace

void InsertModel(SQLite::Database& connection, const Model& model) {
  Query(connection,
        "INSERT INTO models (id, owner, sharing, display_name, format, sha256, size_bytes, state, inspect_job, "
        "create_time, source_job) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        IdOf(model.name()), model.owner(), model.sharing(), model.display_name(), model.format(), model.sha256(),
        model.size_bytes(), model.state(), IdOf(model.inspect_job()),
        TimeUtil::TimestampToMicroseconds(model.create_time()),
        model.source_job().empty() ? "" : IdOf(model.source_job()))
      .exec();
  InsertLabels(connection, model.name(), model.labels());
  SetShares(connection, model.name(), model.shared_with());
}

std::optional<Model> FindModel(SQLite::Database& connection, const std::string& id) {
  Query query(connection, "SELECT " + kModelColumns + " WHERE id = ?", id);
  if (!query.executeStep()) return std::nullopt;
  return ModelFromRow(connection, query, true);
}

std::optional<Model> FindModelByContent(SQLite::Database& connection, const std::string& owner,
                                        const std::string& sha256) {
  Query query(connection, "SELECT " + kModelColumns + " WHERE owner = ? AND sha256 = ? ORDER BY sequence DESC LIMIT 1",
              owner, sha256);
  if (!query.executeStep()) return std::nullopt;
  return ModelFromRow(connection, query, true);
}

ModelList ListModels(SQLite::Database& connection, const ModelFilter& filter, const Page& page) {
  const bool one_content = !filter.sha256.empty();
  const auto bind = [&](Query& query) {
    if (one_content) query.Add(filter.sha256);
  };
  ModelList list;
  list.last_sequence =
      ListRows(connection, kModelColumns, "'models/' || id", filter, page, one_content ? " AND sha256 = ?" : "", bind,
               [&](const Query& row) { list.models.push_back(ModelFromRow(connection, row, false)); });
  return list;
}

void UpdateModelInspection(SQLite::Database& connection, const Model& model) {
  Query(connection, "UPDATE models SET state = ?, inspect_job = ?, inspection = NULL, error = NULL WHERE id = ?",
        model.state(), IdOf(model.inspect_job()), IdOf(model.name()))
      .exec();
  if (model.has_inspection()) {
    Query(connection, "UPDATE models SET inspection = ? WHERE id = ?", model.inspection(), IdOf(model.name())).exec();
  }
  if (model.has_error()) {
    Query(connection, "UPDATE models SET error = ? WHERE id = ?", model.error(), IdOf(model.name())).exec();
  }
}

void SetModelSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing) {
  Query(connection, "UPDATE models SET sharing = ? WHERE id = ?", sharing, id).exec();
}

void SetModelSourceJob(SQLite::Database& connection, const std::string& id, const std::string& job) {
  Query(connection, "UPDATE models SET source_job = ? WHERE id = ?", job, id).exec();
}

void DeleteModel(SQLite::Database& connection, const std::string& id) {
  Query(connection, "DELETE FROM models WHERE id = ?", id).exec();
  DeleteLabels(connection, "models/" + id);
  SetShares(connection, "models/" + id, {});
}

}  // namespace modlab::server
