#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"

namespace modlab::server {

// Files that jobs made. Within a transaction; the content is in the blob store.
void InsertArtifact(SQLite::Database& connection, const std::string& job, const modlab::v1::Artifact& artifact);
/// In order of their names.
std::vector<modlab::v1::Artifact> ArtifactsOfJob(SQLite::Database& connection, const std::string& job);

}  // namespace modlab::server
