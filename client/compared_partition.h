#pragma once

#include <string>
#include <string_view>

#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// One of a job's partitions, as the command line names it: `abc` or `jobs/abc` for its first, and, after colons, a
/// method (`abc:leiden`), a number from 0 (`abc:2`), or `consensus`, each at most once and in any order. Throws
/// UsageError.
v1::ComparedPartition ParseComparedPartition(std::string_view text);

/// How the command line names what the server has chosen: `abc:2`, `abc:0:consensus`.
std::string NameOf(const v1::ComparedPartition& partition);

}  // namespace modlab::client
