#pragma once

#include <string>

#include "modlab/v1/access.pb.h"

namespace modlab::server {

/// Who is asking. On a private Unix socket there is one: the daemon's own user.
struct Principal {
  std::string name;
};

enum class Verb { kRead, kCreate, kChange, kDelete, kOperate };

/// What is asked about: a stored thing, or the server itself, which has no owner.
struct Resource {
  std::string name;  ///< `jobs/abc`, or `server`.
  std::string owner;
  modlab::v1::Sharing sharing = modlab::v1::PRIVATE;
};

/// The one place that says who may do what; every RPC passes it. Returns if `principal` may; throws RequestError
/// RESOURCE_NOT_FOUND where the principal may not even know that the resource exists.
void Authorize(const Principal& principal, Verb verb, const Resource& resource);

/// The sentence for a resource that does not exist, or that one may not see: they must read the same.
[[noreturn]] void ThrowNotFound(const std::string& name, const std::string& field = "name");

}  // namespace modlab::server
