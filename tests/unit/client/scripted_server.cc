#include "tests/unit/client/scripted_server.h"

#include <chrono>
#include <thread>

namespace modlab::client {

v1::Server ScriptedServer::OfVersion(const std::string& version) {
  v1::Server server;
  server.set_version(version);
  server.add_api_versions("modlab.v1");
  return server;
}

grpc::Status ScriptedServer::GetServer(grpc::ServerContext* context, const v1::GetServerRequest* /*request*/,
                                       v1::Server* response) {
  ++calls;
  const auto agent = context->client_metadata().find("user-agent");
  user_agents.push_back(
      agent == context->client_metadata().end() ? "" : std::string(agent->second.data(), agent->second.size()));
  if (answers.empty()) return {grpc::StatusCode::INTERNAL, "no answer was written down"};
  const Answer answer = answers.front();
  if (answers.size() > 1) answers.pop_front();
  while (answer.hangs && !context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (answer.reason != v1::REASON_UNSPECIFIED) {
    v1::ErrorDetail detail;
    detail.set_reason(answer.reason);
    context->AddTrailingMetadata("modlab-error-bin", detail.SerializeAsString());
  }
  *response = answer.server;
  return answer.status;
}

}  // namespace modlab::client
