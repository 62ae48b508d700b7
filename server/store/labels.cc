#include "server/store/labels.h"

#include "server/store/query.h"

namespace modlab::server {

void InsertLabels(SQLite::Database& connection, const std::string& resource, const Labels& labels) {
  for (const auto& [key, value] : labels) {
    Query(connection, "INSERT INTO labels (resource, key, value) VALUES (?, ?, ?)", resource, key, value).exec();
  }
}

void LoadLabels(SQLite::Database& connection, const std::string& resource, Labels* labels) {
  Query query(connection, "SELECT key, value FROM labels WHERE resource = ?", resource);
  while (query.executeStep()) (*labels)[query.getColumn(0).getString()] = query.getColumn(1).getString();
}

void DeleteLabels(SQLite::Database& connection, const std::string& resource) {
  Query(connection, "DELETE FROM labels WHERE resource = ?", resource).exec();
}

std::string LabelCondition(const std::string& resource_expression, size_t labels) {
  std::string condition;
  for (size_t i = 0; i < labels; ++i) {
    condition +=
        " AND EXISTS (SELECT 1 FROM labels WHERE resource = " + resource_expression + " AND key = ? AND value = ?)";
  }
  return condition;
}

}  // namespace modlab::server
