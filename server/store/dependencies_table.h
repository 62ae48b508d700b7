#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

namespace modlab::server {

// What WAITING jobs wait for: jobs that make a model which they work on, or then its inspection. All within a
// transaction; ids are without their `jobs/`.

void InsertDependency(SQLite::Database& connection, const std::string& job, const std::string& needs);
void DeleteDependency(SQLite::Database& connection, const std::string& job, const std::string& needs);
/// Those that the job still waits for.
std::vector<std::string> DependenciesOf(SQLite::Database& connection, const std::string& job);
/// The jobs that wait for this one, oldest first.
std::vector<std::string> DependentsOf(SQLite::Database& connection, const std::string& needs);

}  // namespace modlab::server
