#include "client/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <thread>

#include "client/compatibility.h"
#include "client/credentials.h"

namespace modlab::client {
namespace {

/// How soon a wait sees that it was interrupted.
constexpr auto kInterruptionStep = std::chrono::milliseconds(50);

std::shared_ptr<grpc::Channel> OpenChannel(const ServerAddress& address) {
  grpc::ChannelArguments arguments;
  constexpr int message_bytes = 4 << 20;
  arguments.SetMaxReceiveMessageSize(message_bytes);
  arguments.SetMaxSendMessageSize(message_bytes);
  arguments.SetUserAgentPrefix("modlab/" MODLAB_VERSION);
  // A watched job may say nothing for minutes; a silent connection must still be known to live.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Our own waits between attempts are the ones that count; the channel's must not make them longer.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);  // despite its name the time that one connect may take
  // A web proxy is set for web pages; a compute server is reached directly.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address.target, MakeCredentials(address), arguments);
}

}  // namespace

Connection::Connection(const ServerAddress& address) : Connection(address.target, OpenChannel(address)) {}

Connection::Connection(std::string name, const std::shared_ptr<grpc::Channel>& channel)
    : name_(std::move(name)),
      channel_(channel),
      stubs_(v1::ModelService::Stub(channel), v1::DatasetService::Stub(channel), v1::UploadService::Stub(channel),
             v1::JobService::Stub(channel), v1::ExperimentService::Stub(channel), v1::ServerService::Stub(channel)) {}

void Connection::NoteAnswer(const grpc::Status& status) {
  if (!WentAway(status) && status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) has_answered_ = true;
}

bool Connection::Pause(std::chrono::milliseconds time) const {
  WaitFor(time, [] { return false; });
  return !HasPassed(deadline_);
}

bool Connection::WaitFor(std::chrono::milliseconds time, const std::function<bool()>& interrupted) const {
  using std::chrono::steady_clock;
  using std::chrono::system_clock;
  steady_clock::duration wait = time;
  if (deadline_) wait = std::min<steady_clock::duration>(wait, *deadline_ - system_clock::now());
  const auto end = steady_clock::now() + wait;
  while (!interrupted()) {
    const auto now = steady_clock::now();
    if (now >= end) return true;
    const auto step = std::min<steady_clock::duration>(kInterruptionStep, end - now);
    channel_->WaitForConnected(system_clock::now() + step);  // at once where it is connected
    std::this_thread::sleep_until(now + step);
  }
  return false;
}

Failure Connection::FailureFor(const grpc::Status& status, const v1::ErrorDetail& detail) {
  // A server of ours that does not know a call has nothing to add to that.
  const bool unknown = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  if (!unknown || detail.reason() != v1::REASON_UNSPECIFIED) return FailureOf(status, detail, name_);
  grpc::ClientContext context;
  context.set_deadline(deadline_.value_or(std::chrono::system_clock::now() + kCallTime));
  v1::Server server;
  const grpc::Status answer = stub<v1::ServerService::Stub>().GetServer(&context, {}, &server);
  if (answer.ok()) return ExplainUnimplemented(name_, server);
  if (answer.error_code() == grpc::StatusCode::UNIMPLEMENTED) return ExplainUnimplemented(name_, std::nullopt);
  return FailureOf(status, detail, name_);
}

}  // namespace modlab::client
