#include "server/jobs/limits.h"

#include "server/jobs/request_error.h"

namespace modlab::server {

void CheckJobsAreTaken(const Limits& limits) {
  if (!limits.refusal.empty()) throw RequestError(modlab::v1::SANDBOX_INSUFFICIENT, limits.refusal);
}

}  // namespace modlab::server
