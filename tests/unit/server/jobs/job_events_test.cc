#include "server/jobs/job_events.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace modlab::server {
namespace {

TEST(JobEvents, TellsTheJobsOwnSubscribersUntilTheyLeave) {
  JobEvents events;
  int a = 0;
  int b = 0;
  auto first = events.Subscribe("a", [&] { ++a; });
  {
    auto second = events.Subscribe("b", [&] { ++b; });
    events.Notify("a");
    events.Notify("b");
  }
  events.Notify("b");
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 1);
}

TEST(JobEvents, ASubscriberMayLeaveFromWithin) {
  JobEvents events;
  JobEvents::Subscription subscription;
  subscription = events.Subscribe("a", [&] { subscription = {}; });
  events.Notify("a");
  events.Notify("a");
}

TEST(JobEvents, ManyThreads) {
  JobEvents events;
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        auto subscription = events.Subscribe("a", [&] { ++told; });
        events.Notify("a");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(told, 2000);
}

}  // namespace
}  // namespace modlab::server
