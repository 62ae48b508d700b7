#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>

#include "modlab/v1/job.grpc.pb.h"
#include "server/jobs/job_events.h"
#include "server/jobs/jobs.h"
#include "server/rpc/stream.h"

namespace modlab::server {

/// JobService.WatchJob: a cursor into the stored events. It reads a batch, writes it message by message, and reads
/// again when it is told of news; a slow client makes it wait and costs no memory.
class WatchStream : public Stream<grpc::ServerWriteReactor<modlab::v1::WatchJobResponse>> {
 public:
  static WatchStream* Open(const CallContext& call, grpc::CallbackServerContext* context, Jobs& jobs, JobEvents& events,
                           const modlab::v1::WatchJobRequest& request);
  void OnWriteDone(bool ok) override;

 private:
  WatchStream(const CallContext& call, grpc::CallbackServerContext* context, Jobs& jobs,
              const modlab::v1::WatchJobRequest& request);
  void Begin(JobEvents& events);
  void Release() override;
  void Advance();
  void ReadStore();
  void ArmHeartbeat();

  Jobs& jobs_;
  const std::string name_;
  int cursor_ = 0;
  bool first_ = true;
  bool last_ = false;
  bool writing_ = false;
  std::deque<modlab::v1::WatchJobResponse> batch_;
  boost::asio::steady_timer heartbeat_;
  JobEvents::Subscription subscription_;
};

}  // namespace modlab::server
