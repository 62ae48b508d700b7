#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/admission.h"
#include "server/jobs/authorize.h"
#include "server/jobs/limits.h"
#include "server/store/data_directory.h"

namespace modlab::server {

/// The jobs that wait, as people see them: in which order, and what for. Thread safe.
///
/// Finding out the order costs O(n log n) for n waiting jobs. What was found is used again for a while, so that asking
/// takes at most a small part of the server's time, however many ask.
class Queue {
 public:
  Queue(DataDirectory& data, const Limits& limits, const Admission& admission)
      : data_(data), limits_(limits), admission_(admission) {}

  /// Fills `queue_position` and `waiting_for` of a job that is QUEUED, and the latter of one that is WAITING, and
  /// leaves others alone. Not within a transaction.
  void Describe(modlab::v1::Job* job);

  /// JobService.ListQueue. Throws RequestError.
  modlab::v1::ListQueueResponse List(const Principal& principal, const modlab::v1::ListQueueRequest& request);

 private:
  using Clock = std::chrono::steady_clock;

  /// Finds the order anew where what is known of it is too old.
  void Refresh();
  std::vector<std::string> Order();
  /// What a WAITING job waits for, in words.
  std::string DescribeNeeds(const std::string& job);

  DataDirectory& data_;
  const Limits& limits_;
  const Admission& admission_;
  std::mutex mutex_;
  std::vector<std::string> order_;        // jobs' ids
  std::map<std::string, int> positions_;  // of these, from 1
  Clock::time_point next_refresh_;
};

}  // namespace modlab::server
