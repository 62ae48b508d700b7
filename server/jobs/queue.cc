#include "server/jobs/queue.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "server/jobs/paging.h"
#include "server/jobs/quotas.h"
#include "server/store/dependencies_table.h"
#include "server/store/jobs_table.h"
#include "server/store/queue_table.h"
#include "server/store/resource_name.h"

namespace modlab::server {
namespace {

using modlab::v1::Job;

/// How many times longer than it took to find an order it is used.
constexpr int kUsedTimes = 20;

}  // namespace

void Queue::Refresh() {
  const Clock::time_point start = Clock::now();
  if (start < next_refresh_) return;
  const auto order = data_.database().Read([](SQLite::Database& connection) { return QueueOrder(connection); });
  order_.clear();
  positions_.clear();
  for (const QueuedJob& job : order) {
    order_.push_back(job.id);
    positions_.emplace(job.id, static_cast<int>(order_.size()));
  }
  const Clock::time_point end = Clock::now();
  next_refresh_ = end + kUsedTimes * (end - start);
}

std::vector<std::string> Queue::Order() {
  const std::lock_guard lock(mutex_);
  Refresh();
  return order_;
}

std::string Queue::DescribeNeeds(const std::string& job) {
  return data_.database().Read([&](SQLite::Database& connection) {
    const std::vector<std::string> needs = DependenciesOf(connection, job);
    const auto first = needs.empty() ? std::nullopt : FindJob(connection, needs.front(), false);
    if (!first) return std::string();
    const std::string more = needs.size() > 1 ? fmt::format(" and {} more", needs.size() - 1) : "";
    return first->kind() == Job::INSPECT ? fmt::format("the inspection of its model by {}{}", first->name(), more)
                                         : fmt::format("{}, which makes its model{}", first->name(), more);
  });
}

void Queue::Describe(Job* job) {
  if (job->state() == Job::WAITING) job->set_waiting_for(DescribeNeeds(IdOf(job->name())));
  if (job->state() != Job::QUEUED) return;
  {
    const std::lock_guard lock(mutex_);
    Refresh();
    const auto found = positions_.find(IdOf(job->name()));
    job->set_queue_position(found != positions_.end() ? found->second : static_cast<int>(positions_.size()) + 1);
  }
  job->set_waiting_for(admission_.Paused());
  if (!job->waiting_for().empty()) return;
  const auto quota = data_.database().Read(
      [&](SQLite::Database& connection) { return RunningQuotaOf(connection, limits_, job->owner()); });
  if (quota.reached()) {
    job->set_waiting_for(
        fmt::format("one of {}'s {} running jobs to end: no more may run at once", job->owner(), quota.running));
  } else if (job->queue_position() > 1) {
    job->set_waiting_for(fmt::format("its turn: {} before it", job->queue_position() - 1));
  } else if (const std::string problem = admission_.StartProblem(); !problem.empty()) {
    job->set_waiting_for(problem);
  } else if (!data_.database().Read([&](SQLite::Database& connection) {
               return InputsFit(connection, IdOf(job->name()), admission_.room());
             })) {
    job->set_waiting_for("room on the server's disk for a copy of its model");
  } else {
    job->set_waiting_for("a free worker");
  }
}

modlab::v1::ListQueueResponse Queue::List(const Principal& principal, const modlab::v1::ListQueueRequest& request) {
  const Page page = RequirePage(request.page_size(), request.page_token(), "queue");
  modlab::v1::ListQueueResponse response;
  const std::vector<std::string> order = Order();
  data_.database().Read([&](SQLite::Database& connection) {
    const std::vector<std::string> readable = ReadableUnfinishedJobs(connection, ReaderOf(principal));
    std::set<std::string> left(readable.begin(), readable.end());
    std::vector<std::string> ids;
    const auto take = [&](const std::string& id) {
      if (left.erase(id) > 0) ids.push_back(id);
    };
    // The order may be a little older than what is asked now: what has started meanwhile is no longer in it, and what
    // has come meanwhile is behind it.
    for (const std::string& id : RunningJobs(connection)) take(id);
    for (const std::string& id : order) take(id);
    for (const std::string& id : readable) take(id);
    const Slice slice = SliceOf(page, ids.size(), "queue");
    for (int64_t i = slice.first; i < slice.last; ++i) *response.add_jobs() = *FindJob(connection, ids.at(i), false);
    response.set_next_page_token(slice.next_page_token);
  });
  for (Job& job : *response.mutable_jobs()) Describe(&job);
  return response;
}

}  // namespace modlab::server
