#include "server/jobs/job_events.h"

#include <utility>
#include <vector>

namespace modlab::server {

JobEvents::Subscription::Subscription(Subscription&& other) noexcept { *this = std::move(other); }

JobEvents::Subscription& JobEvents::Subscription::operator=(Subscription&& other) noexcept {
  std::swap(events_, other.events_);
  std::swap(job_, other.job_);
  std::swap(key_, other.key_);
  return *this;
}

JobEvents::Subscription::~Subscription() {
  if (events_ == nullptr) return;
  const std::lock_guard lock(events_->mutex_);
  const auto found = events_->subscribers_.find(job_);
  if (found == events_->subscribers_.end()) return;
  found->second.erase(key_);
  if (found->second.empty()) events_->subscribers_.erase(found);
}

JobEvents::Subscription JobEvents::Subscribe(const std::string& job, std::function<void()> notify) {
  const std::lock_guard lock(mutex_);
  Subscription subscription;
  subscription.events_ = this;
  subscription.job_ = job;
  subscription.key_ = next_key_++;
  subscribers_[job][subscription.key_] = std::make_shared<std::function<void()>>(std::move(notify));
  return subscription;
}

void JobEvents::Notify(const std::string& job) {
  // Called without the lock: a subscriber may end its subscription from within.
  std::vector<std::shared_ptr<std::function<void()>>> notified;
  {
    const std::lock_guard lock(mutex_);
    const auto found = subscribers_.find(job);
    if (found == subscribers_.end()) return;
    for (const auto& [key, notify] : found->second) notified.push_back(notify);
  }
  for (const auto& notify : notified) (*notify)();
}

}  // namespace modlab::server
