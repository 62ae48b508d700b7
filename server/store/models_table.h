#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/model.pb.h"
#include "server/store/list_rows.h"

namespace modlab::server {

// Models. All within a transaction; ids are without their `models/`.

/// `model.name` and `model.owner` must be set.
void InsertModel(SQLite::Database& connection, const modlab::v1::Model& model);
std::optional<modlab::v1::Model> FindModel(SQLite::Database& connection, const std::string& id);
/// The owner's newest model with this content.
std::optional<modlab::v1::Model> FindModelByContent(SQLite::Database& connection, const std::string& owner,
                                                    const std::string& sha256);
struct ModelFilter : RowFilter {
  std::string sha256;  ///< Empty for any.
};
struct ModelList {
  std::vector<modlab::v1::Model> models;  ///< Without `inspection`.
  std::optional<int64_t> last_sequence;   ///< Set where there are more.
};
ModelList ListModels(SQLite::Database& connection, const ModelFilter& filter, const Page& page);
/// Writes `state`, `inspect_job`, `inspection` and `error`.
void UpdateModelInspection(SQLite::Database& connection, const modlab::v1::Model& model);
void SetModelSharing(SQLite::Database& connection, const std::string& id, modlab::v1::Sharing sharing);
void SetModelSourceJob(SQLite::Database& connection, const std::string& id, const std::string& job);
void DeleteModel(SQLite::Database& connection, const std::string& id);

}  // namespace modlab::server
