#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <tuple>

#include "client/backoff.h"
#include "client/errors.h"
#include "client/server_address.h"
#include "modlab/v1/job.grpc.pb.h"
#include "modlab/v1/model.grpc.pb.h"
#include "modlab/v1/server.grpc.pb.h"
#include "modlab/v1/upload.grpc.pb.h"

namespace modlab::client {

/// A channel to one server and the services on it. Connects when first used, and again after it broke. Thread-safe.
class Connection {
 public:
  /// A method with one answer, `&v1::JobService::Stub::GetJob`, say.
  template <typename Service, typename Request, typename Response>
  using Method = grpc::Status (Service::*)(grpc::ClientContext*, const Request&, Response*);

  /// How long a call with one answer may take: the server only looks something up or writes it down.
  static constexpr std::chrono::seconds kDeadline{10};

  /// Throws UsageError where the address's files cannot be used.
  explicit Connection(const ServerAddress& address);
  /// Over a channel that is there already. `name` says in messages what it leads to.
  Connection(std::string name, const std::shared_ptr<grpc::Channel>& channel);

  /// What the user knows the server by.
  const std::string& name() const { return name_; }

  /// For calls that stream: `stub<v1::JobService::Stub>()`.
  template <typename Service>
  Service& stub() {
    return std::get<Service>(stubs_);
  }

  /// Calls `method` once and returns its answer. Throws what FailureOf makes of any status but OK.
  template <typename Service, typename Request, typename Response>
  Response Call(Method<Service, Request, Response> method, const Request& request) {
    return CallUpTo(1, method, request);
  }

  /// Like Call, but sends the request again, a few times within about a second, while the server is not there. Only
  /// for what may come twice: requests that read, and those that carry a request_id.
  template <typename Service, typename Request, typename Response>
  Response CallWithRetries(Method<Service, Request, Response> method, const Request& request) {
    return CallUpTo(4, method, request);
  }

  /// What to throw for a streaming call that ended with `status`.
  Failure FailureFor(const grpc::Status& status, const grpc::ClientContext& context) const {
    return FailureOf(status, DetailOf(context), name_);
  }

 private:
  template <typename Service, typename Request, typename Response>
  Response CallUpTo(int attempts, Method<Service, Request, Response> method, const Request& request) {
    Backoff backoff(std::chrono::milliseconds(100), std::chrono::milliseconds(500));
    for (;; std::this_thread::sleep_for(backoff.Next())) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kDeadline);
      Response response;
      const grpc::Status status = (stub<Service>().*method)(&context, request, &response);
      if (status.ok()) return response;
      if (!WentAway(status) || --attempts == 0) throw FailureFor(status, context);
    }
  }

  std::string name_;
  std::tuple<v1::ModelService::Stub, v1::UploadService::Stub, v1::JobService::Stub, v1::ServerService::Stub> stubs_;
};

}  // namespace modlab::client
