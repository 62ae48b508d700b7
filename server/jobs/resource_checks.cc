#include "server/jobs/resource_checks.h"

#include <fmt/format.h>

#include "server/jobs/request_error.h"
#include "server/store/jobs_table.h"

namespace modlab::server {

void CheckDisplayName(const std::string& name, const std::string& field) {
  constexpr size_t longest = 200;
  if (name.size() <= longest) return;
  throw RequestError(modlab::v1::FIELD_INVALID, fmt::format("a display name has at most {} characters", longest),
                     field);
}

void CheckNotInUse(SQLite::Database& connection, const std::string& name) {
  const auto job = UnfinishedJobReading(connection, name);
  if (!job) return;
  throw RequestError(
      modlab::v1::RESOURCE_IN_USE,
      fmt::format("{} is used by the unfinished job jobs/{}: wait for it or cancel it first", name, *job), "name",
      {{"job", "jobs/" + *job}});
}

}  // namespace modlab::server
