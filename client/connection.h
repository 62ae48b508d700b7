#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "client/backoff.h"
#include "client/deadline.h"
#include "client/errors.h"
#include "client/server_address.h"
#include "modlab/v1/dataset.grpc.pb.h"
#include "modlab/v1/experiment.grpc.pb.h"
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

  /// How long a call with one answer may take where no deadline is set: the server only looks something up or writes it
  /// down.
  static constexpr std::chrono::seconds kCallTime{10};
  /// How often a call is tried, within about a second, while the server is not there.
  static constexpr int kAttempts = 4;

  /// Throws UsageError where the address's files cannot be used.
  explicit Connection(const ServerAddress& address);
  /// Over a channel that is there already, and to another process or port. `name` says in messages what it leads to.
  Connection(std::string name, const std::shared_ptr<grpc::Channel>& channel);

  /// What the user knows the server by.
  const std::string& name() const { return name_; }

  /// Ends everything that is begun from now on by then, and lets calls with one answer take until then. Not while calls
  /// are under way.
  void set_deadline(const Deadline& deadline) { deadline_ = deadline; }
  const Deadline& deadline() const { return deadline_; }

  /// Whether the server has answered anything: it was there, so there is use in waiting for it to come back.
  bool has_answered() const { return has_answered_; }

  /// For calls that stream: `stub<v1::JobService::Stub>()`.
  template <typename Service>
  Service& stub() {
    return std::get<Service>(stubs_);
  }

  /// Calls `method` once and returns its answer. Throws what FailureFor makes of any status but OK.
  template <typename Service, typename Request, typename Response>
  Response Call(Method<Service, Request, Response> method, const Request& request) {
    return *CallUpTo(1, method, request, v1::REASON_UNSPECIFIED);
  }

  /// Like Call, but sends the request again, a few times within about a second, while the server is not there. Only
  /// for what may come twice: requests that read, those that carry a request_id, and those that say how something is to
  /// be, whatever it was before.
  template <typename Service, typename Request, typename Response>
  Response CallWithRetries(Method<Service, Request, Response> method, const Request& request) {
    return *CallUpTo(kAttempts, method, request, v1::REASON_UNSPECIFIED);
  }

  /// Like CallWithRetries, for a request that is refused for the reason `done` once it has been served: nothing where a
  /// later attempt was refused so, since an earlier one may have come through and only its answer was lost.
  template <typename Service, typename Request, typename Response>
  std::optional<Response> CallUnlessDone(Method<Service, Request, Response> method, const Request& request,
                                         v1::Reason done) {
    return CallUpTo(kAttempts, method, request, done);
  }

  /// What to throw for a call that ended with `status`. May ask the server what it is, so that the user hears which of
  /// the two is too old.
  Failure FailureFor(const grpc::Status& status, const v1::ErrorDetail& detail);

  /// Waits, and not beyond the deadline: then it returns false.
  bool Pause(std::chrono::milliseconds time) const;

  /// Waits, and not beyond the deadline; false where `interrupted` has come true before. Meanwhile the channel connects
  /// again if it is broken: gRPC goes on with that, a TLS handshake say, only while somebody waits for it, and gives up
  /// what is not done after some seconds.
  bool WaitFor(std::chrono::milliseconds time, const std::function<bool()>& interrupted) const;

 private:
  template <typename Service, typename Request, typename Response>
  std::optional<Response> CallUpTo(int attempts, Method<Service, Request, Response> method, const Request& request,
                                   v1::Reason done) {
    Backoff backoff(std::chrono::milliseconds(100), std::chrono::milliseconds(500));
    for (int attempt = 1;; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(deadline_.value_or(std::chrono::system_clock::now() + kCallTime));
      Response response;
      const grpc::Status status = (stub<Service>().*method)(&context, request, &response);
      NoteAnswer(status);
      if (status.ok()) return response;
      const v1::ErrorDetail detail = DetailOf(context);
      if (attempt > 1 && done != v1::REASON_UNSPECIFIED && detail.reason() == done) return std::nullopt;
      const bool again = WentAway(status) && attempt < attempts;
      if (!again || !Pause(backoff.Next())) throw FailureFor(status, detail);
    }
  }

  void NoteAnswer(const grpc::Status& status);

  std::string name_;
  std::shared_ptr<grpc::Channel> channel_;
  Deadline deadline_;
  std::atomic<bool> has_answered_ = false;
  std::tuple<v1::ModelService::Stub, v1::DatasetService::Stub, v1::UploadService::Stub, v1::JobService::Stub,
             v1::ExperimentService::Stub, v1::ServerService::Stub>
      stubs_;
};

}  // namespace modlab::client
