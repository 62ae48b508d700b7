#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/executor/attempt_directory.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// Copies the files that a worker's result names from its directory into the blob store, treating them as hostile
/// (regular files, no links, up to 4 GiB each), and describes them. The rows are the caller's to insert.
/// Throws std::runtime_error where a file is missing or refused.
std::vector<modlab::v1::Artifact> ImportArtifacts(const AttemptDirectory& directory,
                                                  const google::protobuf::RepeatedPtrField<std::string>& names,
                                                  DataDirectory& data);

}  // namespace modlab::server
