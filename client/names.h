#pragma once

#include <string>
#include <string_view>

namespace modlab::client {

/// `models/abc` of `abc` or of `models/abc`. Throws UsageError if what is given belongs to another collection, or
/// cannot be an id.
std::string ModelName(std::string_view id);
/// `datasets/abc`, likewise.
std::string DatasetName(std::string_view id);
/// `jobs/abc`, likewise.
std::string JobName(std::string_view id);

/// `abc` of `models/abc`: what -q prints and tables show.
std::string IdOf(std::string_view name);

/// A random UUID, version 4: the request_id of a create, so that it can be sent again without being done twice.
std::string NewRequestId();

}  // namespace modlab::client
