#include "server/rpc/watch_stream.h"

#include <fmt/format.h>

#include <chrono>

#include "server/jobs/request_error.h"
#include "server/store/jobs_table.h"
#include "server/store/query.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using modlab::v1::WatchJobRequest;

constexpr auto kHeartbeat = std::chrono::seconds(15);

}  // namespace

WatchStream* WatchStream::Open(const CallContext& call, grpc::CallbackServerContext* context, Jobs& jobs,
                               JobEvents& events, const WatchJobRequest& request) {
  const std::shared_ptr<WatchStream> stream(new WatchStream(call, context, jobs, request));
  stream->Start([stream = stream.get(), &events] { stream->Begin(events); });
  return stream.get();
}

WatchStream::WatchStream(const CallContext& call, grpc::CallbackServerContext* context, Jobs& jobs,
                         const WatchJobRequest& request)
    : Stream(call, context, "WatchJob"),
      jobs_(jobs),
      name_(request.name()),
      cursor_(request.after_sequence()),
      heartbeat_(strand()) {
  record().TakeResource(request);
}

void WatchStream::Begin(JobEvents& events) {
  Do([this, &events] {
    // Subscribed before the first look, so that nothing falls between the two.
    std::weak_ptr<Stream> weak = weak_from_this();
    subscription_ = events.Subscribe(IdOf(name_), [weak] {
      if (const auto stream = std::static_pointer_cast<WatchStream>(weak.lock())) {
        stream->Do([stream = stream.get()] { stream->Advance(); });
      }
    });
    ArmHeartbeat();
    Advance();
  });
}

void WatchStream::Release() {
  subscription_ = {};
  heartbeat_.cancel();
}

void WatchStream::OnWriteDone(bool ok) {
  Do([this, ok] {
    writing_ = false;
    if (!ok) return End(grpc::Status::CANCELLED);
    batch_.pop_front();
    Advance();
  });
}

void WatchStream::Advance() {
  if (writing_) return;
  if (batch_.empty()) {
    if (last_) return End(grpc::Status::OK);
    ReadStore();
  }
  if (batch_.empty()) return;
  writing_ = true;
  StartWrite(&batch_.front());
}

void WatchStream::ReadStore() {
  if (first_) {
    const modlab::v1::Job job = jobs_.Get(principal(), name_);
    if (cursor_ < 0 || cursor_ > job.last_sequence()) {
      throw RequestError(
          modlab::v1::FIELD_INVALID,
          fmt::format("{} has events 1 to {}; it has none after {}", name_, job.last_sequence(), cursor_),
          "after_sequence");
    }
    *batch_.emplace_back().mutable_job() = job;
    first_ = false;
  }
  Jobs::Look look = jobs_.Watch(principal(), name_, cursor_);
  for (auto& event : look.events) {
    cursor_ = event.sequence();
    *batch_.emplace_back().mutable_event() = std::move(event);
  }
  if (HasEnded(look.state) && cursor_ == look.last_sequence) {
    *batch_.emplace_back().mutable_job() = jobs_.Get(principal(), name_);
    last_ = true;
  }
}

void WatchStream::ArmHeartbeat() {
  heartbeat_.expires_after(kHeartbeat);
  heartbeat_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto stream = std::static_pointer_cast<WatchStream>(weak.lock());
    if (error || !stream) return;
    stream->Do([stream = stream.get()] {
      stream->ArmHeartbeat();
      if (stream->writing_) return;
      *stream->batch_.emplace_back().mutable_heartbeat()->mutable_time() = ToTimestamp(NowMicros());
      stream->Advance();
    });
  });
}

}  // namespace modlab::server
