#include "server/jobs/authorize.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/jobs/request_error.h"

namespace modlab::server {

void Authorize(const Principal& principal, Verb verb, const Resource& resource) {
  using modlab::v1::Role;
  if (principal.role == Role::ADMIN) return;
  const bool of_the_server = resource.owner.empty();
  if (!of_the_server && principal.name != resource.owner) {
    const auto& users = resource.shared_with;
    const bool shared = resource.sharing == modlab::v1::EVERYONE ||
                        std::find(users.begin(), users.end(), principal.name) != users.end();
    if (!shared) ThrowNotFound(resource.name, resource.field);
    if (verb == Verb::kRead) return;
    throw RequestError(
        modlab::v1::PERMISSION_REFUSED,
        fmt::format("{} belongs to {}, and is shared with you to read it only", resource.name, resource.owner));
  }
  if (verb == Verb::kRead || (principal.role == Role::USER && verb != Verb::kOperate)) return;
  throw RequestError(
      modlab::v1::PERMISSION_REFUSED,
      verb == Verb::kOperate
          ? fmt::format("{} may not stop or change this server: ask an admin", principal.name)
          : fmt::format("{} may read here, and change nothing: ask an admin for another role", principal.name));
}

std::string ReaderOf(const Principal& principal) { return principal.role == modlab::v1::ADMIN ? "" : principal.name; }

void ThrowNotFound(const std::string& name, const std::string& field) {
  const std::string collection = name.substr(0, name.find('/'));
  const std::string hint = collection == "jobs"          ? " (`modlab job list` shows the jobs)"
                           : collection == "models"      ? " (`modlab model list` shows the models)"
                           : collection == "datasets"    ? " (`modlab dataset list` shows the data sets)"
                           : collection == "experiments" ? " (`modlab experiment list` shows the experiments)"
                                                         : "";
  throw RequestError(modlab::v1::RESOURCE_NOT_FOUND, fmt::format("there is no {}{}", name, hint), field,
                     {{"name", name}});
}

}  // namespace modlab::server
