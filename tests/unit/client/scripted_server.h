#pragma once

#include <deque>
#include <string>
#include <vector>

#include "modlab/v1/error.pb.h"
#include "modlab/v1/server.grpc.pb.h"

namespace modlab::client {

/// A ServerService that answers GetServer with what a test has written down, one after the other; with the last for
/// ever.
class ScriptedServer : public v1::ServerService::Service {
 public:
  struct Answer {
    v1::Server server;
    grpc::Status status;
    /// Answers only once the client has gone.
    bool hangs = false;
    /// Of the detail that comes with the status; none where it is unspecified.
    v1::Reason reason = v1::REASON_UNSPECIFIED;
  };

  /// A server of this version that speaks this client's protocol.
  static v1::Server OfVersion(const std::string& version);

  grpc::Status GetServer(grpc::ServerContext* context, const v1::GetServerRequest* request,
                         v1::Server* response) override;

  std::deque<Answer> answers;
  int calls = 0;
  /// Of every call, in the order in which they came.
  std::vector<std::string> user_agents;
};

}  // namespace modlab::client
