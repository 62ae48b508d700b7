#include "server/sandbox/every_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace modlab::server {
namespace {

std::atomic<int> calls = 0;
std::atomic<long> last_caller = 0;

int Count() {
  last_caller = ::syscall(SYS_gettid);
  return ++calls, 0;
}

int FailOnce() { return ++calls == 2 ? EBADF : 0; }

// Threads that sleep in the kernel until the end of the test, as those of a pool do.
class Sleepers {
 public:
  explicit Sleepers(int number) {
    for (int i = 0; i < number; ++i) {
      threads_.emplace_back([this] {
        ++awake_;
        while (!done_) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      });
    }
    while (awake_ < number) std::this_thread::yield();
  }
  ~Sleepers() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> done_ = false;
  std::atomic<int> awake_ = 0;
  std::vector<std::thread> threads_;
};

TEST(EveryThread, IsCalledOnceEachTheCallerLast) {
  const Sleepers sleepers(7);
  calls = 0;
  EXPECT_EQ(EveryThread().Call(Count), 0);
  EXPECT_EQ(calls, 8);
  EXPECT_EQ(last_caller, ::syscall(SYS_gettid));
}

TEST(EveryThread, TheCallerAloneIsEnough) {
  calls = 0;
  EXPECT_EQ(EveryThread().Call(Count), 0);
  EXPECT_EQ(calls, 1);
}

TEST(EveryThread, AFailureInAnyIsReturned) {
  const Sleepers sleepers(3);
  calls = 0;
  EXPECT_EQ(EveryThread().Call(FailOnce), EBADF);
}

TEST(EveryThread, LeavesTheSignalAsItWas) {
  struct sigaction before {};
  ::sigaction(SIGRTMIN + 3, nullptr, &before);
  EveryThread().Call(Count);
  struct sigaction after {};
  ::sigaction(SIGRTMIN + 3, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

}  // namespace
}  // namespace modlab::server
