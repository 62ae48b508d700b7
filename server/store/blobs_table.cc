#include "server/store/blobs_table.h"

#include "modlab/v1/job.pb.h"
#include "modlab/v1/upload.pb.h"
#include "server/store/database.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"

namespace modlab::server {

using modlab::v1::Upload;

void InsertBlob(SQLite::Database& connection, const std::string& sha256, int64_t size_bytes) {
  Query(connection, "INSERT OR IGNORE INTO blobs (sha256, size_bytes, create_time) VALUES (?, ?, ?)", sha256,
        size_bytes, NowMicros())
      .exec();
}

bool OwnsContent(SQLite::Database& connection, const std::string& owner, const std::string& sha256,
                 int64_t size_bytes) {
  Query query(connection,
              "SELECT EXISTS (SELECT 1 FROM blobs WHERE sha256 = ?1 AND size_bytes = ?2) AND "
              "(EXISTS (SELECT 1 FROM models WHERE owner = ?3 AND sha256 = ?1) OR "
              "EXISTS (SELECT 1 FROM datasets WHERE owner = ?3 AND sha256 = ?1) OR "
              "EXISTS (SELECT 1 FROM uploads WHERE owner = ?3 AND sha256 = ?1 AND state = ?4))",
              sha256, size_bytes, owner, Upload::COMPLETE);
  query.executeStep();
  return query.getColumn(0).getInt() != 0;
}

bool DeleteBlobIfUnused(SQLite::Database& connection, const std::string& sha256) {
  return Query(connection,
               "DELETE FROM blobs WHERE sha256 = ? "
               "AND NOT EXISTS (SELECT 1 FROM models WHERE models.sha256 = blobs.sha256) "
               "AND NOT EXISTS (SELECT 1 FROM datasets WHERE datasets.sha256 = blobs.sha256) "
               "AND NOT EXISTS (SELECT 1 FROM uploads WHERE uploads.sha256 = blobs.sha256 AND state = ?) "
               "AND NOT EXISTS (SELECT 1 FROM artifacts WHERE artifacts.sha256 = blobs.sha256) "
               "AND NOT EXISTS (SELECT 1 FROM job_inputs JOIN jobs ON jobs.id = job_inputs.job "
               "WHERE job_inputs.sha256 = blobs.sha256 AND jobs.state IN (" +
                   UnfinishedStates() + "))",
               sha256, Upload::COMPLETE)
             .exec() > 0;
}

int64_t StoredBytesOf(SQLite::Database& connection, const std::string& owner) {
  Query query(
      connection,
      "SELECT (SELECT coalesce(sum(size_bytes), 0) FROM uploads WHERE owner = ?1 AND state = ?2) + "
      "(SELECT coalesce(sum(size_bytes), 0) FROM ("
      "SELECT sha256, size_bytes FROM models WHERE owner = ?1 "
      "UNION SELECT sha256, size_bytes FROM datasets WHERE owner = ?1 AND sha256 IS NOT NULL "
      "UNION SELECT job_inputs.sha256, blobs.size_bytes FROM jobs JOIN job_inputs ON job_inputs.job = jobs.id "
      "JOIN blobs ON blobs.sha256 = job_inputs.sha256 "
      "WHERE jobs.owner = ?1 AND jobs.state IN (" +
          UnfinishedStates() +
          ") AND job_inputs.resource = '' "
          "UNION SELECT sha256, size_bytes FROM uploads WHERE owner = ?1 AND state = ?3 "
          "UNION SELECT artifacts.sha256, artifacts.size_bytes FROM artifacts JOIN jobs ON jobs.id = artifacts.job "
          "WHERE jobs.owner = ?1))",
      owner, Upload::ACTIVE, Upload::COMPLETE);
  query.executeStep();
  return query.getColumn(0).getInt64();
}

std::set<std::string> AllBlobs(SQLite::Database& connection) {
  std::set<std::string> digests;
  Query query(connection, "SELECT sha256 FROM blobs");
  while (query.executeStep()) digests.insert(query.getColumn(0).getString());
  return digests;
}

}  // namespace modlab::server
