#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace modlab::server {

/// What the server counts, in the form that Prometheus reads. Counting is cheap and always done; Serve makes it seen.
/// Thread safe.
class Metrics {
 public:
  /// What is looked up when somebody asks.
  struct Present {
    std::map<std::pair<std::string, std::string>, int> jobs;  ///< Of kind and state.
    double free_bytes = 0;
    int warm_workers = 0;
    bool paused = false;
  };

  explicit Metrics(std::function<Present()> present);
  ~Metrics();

  /// Answers GET /metrics on HOST:PORT, from threads of its own. Throws std::runtime_error with a sentence.
  void Serve(const std::string& address);

  /// A call ended, with the name of its gRPC status code.
  void ObserveCall(const std::string& method, const std::string& code, double seconds);
  /// A job was started so long after it was queued.
  void ObserveQueueWait(const std::string& kind, double seconds);
  /// A job spent so long in a phase (`load`, `embed`, ...).
  void ObservePhase(const std::string& kind, const std::string& phase, double seconds);
  /// An attempt ended: `finished`, `requeued`, `cancelled`, or the reason for which it failed (`CRASHED`, ...).
  void CountAttempt(const std::string& kind, const std::string& outcome);
  void CountBytesReceived(int64_t bytes);
  void CountBytesSent(int64_t bytes);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace modlab::server
