#include "server/store/models_table.h"

#include <google/protobuf/util/time_util.h>

#include "modlab/v1/job.pb.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"
#include "server/store/shares_table.h"

namespace modlab::server {
namespace {

using google::protobuf::util::TimeUtil;
using modlab::v1::Job;
using modlab::v1::Model;

constexpr const char* kColumns =
    "id, owner, sharing, display_name, format, sha256, size_bytes, state, inspect_job, error, create_time, inspection, "
    "sequence FROM models";

Model FromRow(SQLite::Database& connection, const Query& row, bool with_inspection) {
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
  LoadLabels(connection, model.name(), model.mutable_labels());
  LoadShares(connection, model.name(), model.mutable_shared_with());
  return model;
}

}  // namespace

void InsertModel(SQLite::Database& connection, const Model& model) {
  Query(connection,
        "INSERT INTO models (id, owner, sharing, display_name, format, sha256, size_bytes, state, inspect_job, "
        "create_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        IdOf(model.name()), model.owner(), model.sharing(), model.display_name(), model.format(), model.sha256(),
        model.size_bytes(), model.state(), IdOf(model.inspect_job()),
        TimeUtil::TimestampToMicroseconds(model.create_time()))
      .exec();
  InsertLabels(connection, model.name(), model.labels());
  SetShares(connection, model.name(), model.shared_with());
}

std::optional<Model> FindModel(SQLite::Database& connection, const std::string& id) {
  Query query(connection, std::string("SELECT ") + kColumns + " WHERE id = ?", id);
  if (!query.executeStep()) return std::nullopt;
  return FromRow(connection, query, true);
}

std::optional<Model> FindModelByContent(SQLite::Database& connection, const std::string& owner,
                                        const std::string& sha256) {
  Query query(connection,
              std::string("SELECT ") + kColumns + " WHERE owner = ? AND sha256 = ? ORDER BY sequence DESC LIMIT 1",
              owner, sha256);
  if (!query.executeStep()) return std::nullopt;
  return FromRow(connection, query, true);
}

ModelList ListModels(SQLite::Database& connection, const ModelFilter& filter, const Page& page) {
  std::string sql = std::string("SELECT ") + kColumns + " WHERE " + ReadableCondition("'models/' || id");
  if (!filter.sha256.empty()) sql += " AND sha256 = ?";
  if (page.before_sequence) sql += " AND sequence < ?";
  sql += LabelCondition("'models/' || id", filter.labels.size()) + " ORDER BY sequence DESC LIMIT ?";
  Query query(connection, sql, filter.reader);
  if (!filter.sha256.empty()) query.Add(filter.sha256);
  if (page.before_sequence) query.Add(*page.before_sequence);
  for (const auto& [key, value] : filter.labels) {
    query.Add(key);
    query.Add(value);
  }
  query.Add(page.size + 1);
  ModelList list;
  int64_t last = 0;
  while (query.executeStep()) {
    if (static_cast<int>(list.models.size()) == page.size) {
      list.last_sequence = last;
      break;
    }
    list.models.push_back(FromRow(connection, query, false));
    last = query.getColumn(12).getInt64();
  }
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

void DeleteModel(SQLite::Database& connection, const std::string& id) {
  Query(connection, "DELETE FROM models WHERE id = ?", id).exec();
  DeleteLabels(connection, "models/" + id);
  SetShares(connection, "models/" + id, {});
}

std::optional<std::string> UnfinishedJobOfModel(SQLite::Database& connection, const std::string& id) {
  Query query(connection,
              "SELECT jobs.id FROM jobs JOIN job_inputs ON job_inputs.job = jobs.id "
              "WHERE job_inputs.model = ? AND jobs.state IN (?, ?, ?) LIMIT 1",
              id, Job::QUEUED, Job::RUNNING, Job::CANCELLING);
  if (!query.executeStep()) return std::nullopt;
  return query.getColumn(0).getString();
}

}  // namespace modlab::server
