#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>

#include "server/telemetry/audit_log.h"
#include "server/telemetry/metrics.h"

namespace modlab::server {

/// Where calls are written down.
struct CallBooks {
  AuditLog& audit;
  Metrics& metrics;
};

/// One call, from its arrival to its end, for the log, the audit log and the metrics. Its id is what the client sent as
/// `x-request-id`, if that is short and plain, else a new one; the client gets it back in the initial metadata.
class CallRecord {
 public:
  /// `method`: `CreateJob`; must outlive this. Within the call's first callback, since it sets initial metadata.
  CallRecord(CallBooks books, const char* method, grpc::CallbackServerContext* context);

  const std::string& id() const { return id_; }
  void set_user(const std::string& user) { user_ = user; }
  /// What the call is about: the name that a request or a response has in its field `name`, `job` or `upload`. The last
  /// that is known stays.
  void TakeResource(const google::protobuf::Message& message);

  void CountBytesReceived(size_t bytes) { books_.metrics.CountBytesReceived(static_cast<int64_t>(bytes)); }
  void CountBytesSent(size_t bytes) { books_.metrics.CountBytesSent(static_cast<int64_t>(bytes)); }

  /// To be called once.
  void End(const grpc::Status& status);

 private:
  CallBooks books_;
  const char* method_;
  std::string id_;
  std::string peer_;
  std::string user_;
  std::string resource_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace modlab::server
