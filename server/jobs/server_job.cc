#include "server/jobs/server_job.h"

#include "server/store/database.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {

using modlab::v1::Job;

Job ServerJob(Job::Kind kind, const std::string& owner, const modlab::v1::Resources& resources) {
  constexpr int highest_priority = 100;
  Job job;
  job.set_name("jobs/" + NewId());
  job.set_owner(owner);
  job.set_sharing(modlab::v1::PRIVATE);
  job.set_kind(kind);
  job.set_priority(highest_priority);
  *job.mutable_create_time() = ToTimestamp(NowMicros());
  job.mutable_spec()->set_seed(0);
  *job.mutable_spec()->mutable_resources() = resources;
  return job;
}

}  // namespace modlab::server
