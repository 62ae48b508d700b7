#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <type_traits>
#include <utility>

#include "server/rpc/authenticator.h"
#include "server/rpc/call_record.h"
#include "server/rpc/errors.h"
#include "server/rpc/live_calls.h"
#include "server/telemetry/log.h"

namespace modlab::server {

/// What every service needs: where blocking work goes (gRPC's callbacks must never block), the open calls, and what
/// says who asks.
struct CallContext {
  boost::asio::thread_pool& pool;
  LiveCalls& calls;
  const Authenticator& authenticator;
  CallBooks books;
};

/// A unary call: `body(principal)` runs on the pool and returns the response (or nothing); what it throws becomes the
/// status. `method`: the RPC's name.
template <typename Request, typename Response, typename Body>
grpc::ServerUnaryReactor* RunUnary(const CallContext& call, grpc::CallbackServerContext* context, const char* method,
                                   const Request* request, Response* response, Body body) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  call.calls.Begin();
  boost::asio::post(call.pool,
                    [&authenticator = call.authenticator, &calls = call.calls, context, reactor, request, response,
                     record = CallRecord(call.books, method, context), body = std::move(body)]() mutable {
                      const LogField field("request", record.id());
                      grpc::Status status;
                      record.TakeResource(*request);
                      try {
                        if (calls.interrupted()) {
                          status = StoppingStatus(context);
                        } else {
                          const Principal principal = authenticator.Identify(*context);
                          record.set_user(principal.name);
                          if constexpr (std::is_void_v<decltype(body(principal))>) {
                            body(principal);
                          } else {
                            *response = body(principal);
                            record.TakeResource(*response);
                          }
                        }
                      } catch (...) {
                        status = ToStatus(std::current_exception(), context);
                      }
                      record.End(status);
                      calls.End();
                      reactor->Finish(status);
                    });
  return reactor;
}

}  // namespace modlab::server
