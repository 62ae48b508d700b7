#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "modlab/v1/access.pb.h"

namespace modlab::server {

/// Who is asking. On a private Unix socket there is one: the daemon's own user, an admin.
struct Principal {
  std::string name;
  modlab::v1::Role role = modlab::v1::READER;
};

enum class Verb { kRead, kCreate, kChange, kDelete, kOperate };

/// What is asked about: a stored thing, or the server itself, which has no owner.
struct Resource {
  std::string name;  ///< `jobs/abc`, or `server`.
  std::string owner;
  modlab::v1::Sharing sharing = modlab::v1::PRIVATE;
  google::protobuf::RepeatedPtrField<std::string> shared_with = {};
  std::string field =
      "name";  ///< The request's field that named it: what is hidden and what is absent must read the same.
};

/// The one place that says who may do what; every RPC passes it. Returns if `principal` may. Throws RequestError
/// RESOURCE_NOT_FOUND where the principal may not even know that the resource exists, and PERMISSION_REFUSED where they
/// may know, but not do this.
///
/// An admin may do everything. Of the server, everybody may read, users may create on it, and nobody else may operate
/// it. Of a stored thing, its owner may do everything but, as a reader, change it; those with whom it is shared may
/// read it.
void Authorize(const Principal& principal, Verb verb, const Resource& resource);

/// Whose eyes lists are made for: an admin's see everything (empty).
std::string ReaderOf(const Principal& principal);

/// The sentence for a resource that does not exist, or that one may not see: they must read the same.
[[noreturn]] void ThrowNotFound(const std::string& name, const std::string& field = "name");

}  // namespace modlab::server
