#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <utility>

#include "server/rpc/authenticator.h"
#include "server/rpc/errors.h"
#include "server/rpc/live_calls.h"

namespace modlab::server {

/// What every service needs: where blocking work goes (gRPC's callbacks must never block), the open calls, and what
/// says who asks.
struct CallContext {
  boost::asio::thread_pool& pool;
  LiveCalls& calls;
  const Authenticator& authenticator;
};

/// A unary call: `body(principal)` runs on the pool and fills the response; what it throws becomes the status.
template <typename Body>
grpc::ServerUnaryReactor* RunUnary(const CallContext& call, grpc::CallbackServerContext* context, Body body) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  call.calls.Begin();
  boost::asio::post(
      call.pool, [&authenticator = call.authenticator, &calls = call.calls, context, reactor, body = std::move(body)] {
        grpc::Status status;
        try {
          if (calls.interrupted()) {
            status = StoppingStatus(context);
          } else {
            body(authenticator.Identify(*context));
          }
        } catch (...) {
          status = ToStatus(std::current_exception(), context);
        }
        calls.End();
        reactor->Finish(status);
      });
  return reactor;
}

}  // namespace modlab::server
