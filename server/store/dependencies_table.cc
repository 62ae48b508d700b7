#include "server/store/dependencies_table.h"

#include "server/store/query.h"

namespace modlab::server {
namespace {

std::vector<std::string> Column(Query& query) {
  std::vector<std::string> ids;
  while (query.executeStep()) ids.push_back(query.getColumn(0).getString());
  return ids;
}

}  // namespace

void InsertDependency(SQLite::Database& connection, const std::string& job, const std::string& needs) {
  Query(connection, "INSERT OR IGNORE INTO dependencies (job, needs) VALUES (?, ?)", job, needs).exec();
}

void DeleteDependency(SQLite::Database& connection, const std::string& job, const std::string& needs) {
  Query(connection, "DELETE FROM dependencies WHERE job = ? AND needs = ?", job, needs).exec();
}

std::vector<std::string> DependenciesOf(SQLite::Database& connection, const std::string& job) {
  Query query(connection, "SELECT needs FROM dependencies WHERE job = ? ORDER BY needs", job);
  return Column(query);
}

std::vector<std::string> DependentsOf(SQLite::Database& connection, const std::string& needs) {
  Query query(connection,
              "SELECT job FROM dependencies JOIN jobs ON jobs.id = job WHERE needs = ? ORDER BY jobs.sequence", needs);
  return Column(query);
}

}  // namespace modlab::server
