#include "server/store/artifacts_table.h"

#include "server/store/blobs_table.h"
#include "server/store/query.h"

namespace modlab::server {

void InsertArtifact(SQLite::Database& connection, const std::string& job, const modlab::v1::Artifact& artifact) {
  InsertBlob(connection, artifact.sha256(), artifact.size_bytes());
  Query(connection, "INSERT INTO artifacts (job, name, sha256, size_bytes) VALUES (?, ?, ?, ?)", job, artifact.name(),
        artifact.sha256(), artifact.size_bytes())
      .exec();
}

std::vector<modlab::v1::Artifact> ArtifactsOfJob(SQLite::Database& connection, const std::string& job) {
  std::vector<modlab::v1::Artifact> artifacts;
  Query query(connection, "SELECT name, sha256, size_bytes FROM artifacts WHERE job = ? ORDER BY name", job);
  while (query.executeStep()) {
    auto& artifact = artifacts.emplace_back();
    artifact.set_name(query.getColumn(0).getString());
    artifact.set_sha256(query.getColumn(1).getString());
    artifact.set_size_bytes(query.getColumn(2).getInt64());
  }
  return artifacts;
}

}  // namespace modlab::server
