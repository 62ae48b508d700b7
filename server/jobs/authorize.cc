#include "server/jobs/authorize.h"

#include <fmt/format.h>

#include "server/jobs/request_error.h"

namespace modlab::server {

void Authorize(const Principal& principal, Verb /*verb*/, const Resource& resource) {
  if (resource.owner.empty()) return;  // the server itself: who may connect may use it
  if (principal.name != resource.owner) ThrowNotFound(resource.name);
}

void ThrowNotFound(const std::string& name, const std::string& field) {
  const std::string collection = name.substr(0, name.find('/'));
  const std::string hint = collection == "jobs"     ? " (`modlab job list` shows the jobs)"
                           : collection == "models" ? " (`modlab model list` shows the models)"
                                                    : "";
  throw RequestError(modlab::v1::RESOURCE_NOT_FOUND, fmt::format("there is no {}{}", name, hint), field,
                     {{"name", name}});
}

}  // namespace modlab::server
