#include "server/jobs/idempotency.h"

#include "server/executor/deterministic_bytes.h"
#include "server/jobs/request_error.h"
#include "server/store/blob_store.h"
#include "server/store/requests_table.h"

namespace modlab::server {
namespace {

constexpr size_t kLongestRequestId = 128;

}  // namespace

IdempotentRequest::IdempotentRequest(const std::string& owner, const std::string& method, const std::string& request_id,
                                     const google::protobuf::Message& request)
    : owner_(owner), request_id_(request_id) {
  if (request_id.size() > kLongestRequestId) {
    throw RequestError(modlab::v1::FIELD_INVALID, "a request id has at most 128 characters", "request_id");
  }
  if (!request_id.empty()) digest_ = Sha256(method + "\n" + DeterministicBytes(request));
}

std::optional<std::string> IdempotentRequest::EarlierResource(SQLite::Database& connection) const {
  if (request_id_.empty()) return std::nullopt;
  const auto earlier = FindRequest(connection, owner_, request_id_);
  if (!earlier) return std::nullopt;
  if (earlier->digest != digest_) {
    throw RequestError(modlab::v1::REQUEST_ID_REUSED,
                       "the request id `" + request_id_ + "` was used before with another request: use a new one",
                       "request_id");
  }
  return earlier->resource;
}

void IdempotentRequest::Remember(SQLite::Database& connection, const std::string& resource) const {
  if (!request_id_.empty()) InsertRequest(connection, owner_, request_id_, {digest_, resource});
}

}  // namespace modlab::server
