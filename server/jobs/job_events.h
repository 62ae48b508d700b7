#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace modlab::server {

/// Tells watchers that a job has new events in the store. It carries no event itself: a watcher reads the store from
/// where it stands, so a slow one costs nothing. Thread safe.
class JobEvents {
 public:
  /// Ends the subscription when destroyed. A call that is already under way may still arrive afterwards.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

   private:
    friend class JobEvents;
    JobEvents* events_ = nullptr;
    std::string job_;
    int64_t key_ = 0;
  };

  /// `notify` is called after every change of the job, from any thread; it must return at once and not throw.
  Subscription Subscribe(const std::string& job, std::function<void()> notify);
  void Notify(const std::string& job);

 private:
  std::mutex mutex_;
  int64_t next_key_ = 1;
  std::map<std::string, std::map<int64_t, std::shared_ptr<std::function<void()>>>> subscribers_;
};

}  // namespace modlab::server
