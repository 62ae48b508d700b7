#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>

#include "server/rpc/call.h"

namespace modlab::server {

/// What the reactors of all our streams have in common. gRPC calls a reactor from threads of its own at any time, so
/// all that a stream does happens on a strand of the pool, one thing at a time, and may block there. `Reactor` is
/// grpc::ServerWriteReactor<...> or grpc::ServerReadReactor<...>. A stream keeps itself alive until gRPC says OnDone.
template <typename Reactor>
class Stream : public Reactor, public LiveCalls::Interruptible, public std::enable_shared_from_this<Stream<Reactor>> {
 public:
  void Interrupt() final {
    OnStrand([this] {
      if (!ended_) End(StoppingStatus(context_));  // gRPC takes the context away once a stream has ended
    });
  }
  void OnCancel() final {
    OnStrand([this] { End(grpc::Status::CANCELLED); });
  }
  void OnDone() final {
    OnStrand([this] {
      Release();
      calls_.Remove(this->shared_from_this());
      calls_.End();
      self_.reset();
    });
  }

  /// Starts the stream; called once, behind the constructor. `begin` is the stream's first step.
  template <typename Begin>
  void Start(Begin begin) {
    self_ = this->shared_from_this();
    calls_.Begin();
    const bool serving = calls_.Add(self_);
    OnStrand([this, serving, begin] {
      if (!serving) return End(StoppingStatus(context_));
      try {
        principal_ = authenticator_.Identify(*context_);
        record_.set_user(principal_.name);
      } catch (...) {
        return End(ToStatus(std::current_exception(), context_));
      }
      begin();
    });
  }

 protected:
  /// `method`: the RPC's name.
  Stream(const CallContext& call, grpc::CallbackServerContext* context, const char* method)
      : strand_(boost::asio::make_strand(call.pool)),
        calls_(call.calls),
        authenticator_(call.authenticator),
        context_(context),
        record_(call.books, method, context) {}

  /// Who asks; known from the first step on.
  const Principal& principal() const { return principal_; }
  CallRecord& record() { return record_; }

  /// Lets go of what might call back: subscriptions, timers.
  virtual void Release() {}

  /// Runs a step on the strand, unless the stream has ended. What it throws ends the stream; so does a step that is
  /// taken more than a second after a token was revoked or a user removed, since a stream may be open for hours.
  template <typename Step>
  void Do(Step step) {
    OnStrand([this, step = std::move(step)]() mutable {
      if (ended_) return;
      try {
        IdentifyAgain();
        step();
      } catch (...) {
        End(ToStatus(std::current_exception(), context_));
      }
    });
  }

  /// Finishes the stream; only the first call counts. On the strand.
  void End(const grpc::Status& status) {
    if (ended_) return;
    ended_ = true;
    record_.End(status);
    this->Finish(status);
  }
  bool ended() const { return ended_; }

  boost::asio::strand<boost::asio::thread_pool::executor_type>& strand() { return strand_; }

 private:
  void IdentifyAgain() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_identification_) return;
    next_identification_ = now + std::chrono::seconds(1);
    principal_ = authenticator_.Identify(*context_);
  }

  template <typename Step>
  void OnStrand(Step step) {
    boost::asio::post(strand_, [self = this->shared_from_this(), step = std::move(step)]() mutable {
      const LogField field("request", self->record_.id());
      step();
    });
  }

  boost::asio::strand<boost::asio::thread_pool::executor_type> strand_;
  LiveCalls& calls_;
  const Authenticator& authenticator_;
  Principal principal_;
  std::chrono::steady_clock::time_point next_identification_;
  grpc::CallbackServerContext* context_;
  CallRecord record_;
  bool ended_ = false;
  std::shared_ptr<Stream> self_;
};

}  // namespace modlab::server
