#include "core/run_context.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/error.h"

namespace modlab {
namespace {

class RunContextTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Threads, RunContextTest, testing::Values(1, 2, 3, 8));

TEST_P(RunContextTest, ParallelForCallsEveryTaskOnce) {
  RunContext context(GetParam());
  for (const int count : {0, 1, 2, 7, 1000}) {
    std::vector<int> calls(count, 0);
    context.ParallelFor(count, [&](int index) { ++calls[index]; });
    EXPECT_EQ(calls, std::vector<int>(count, 1));
  }
}

TEST_P(RunContextTest, ParallelForRethrowsATasksExceptionAndCanBeUsedAgain) {
  RunContext context(GetParam());
  EXPECT_THROW(context.ParallelFor(100,
                                   [](int index) {
                                     if (index == 37) throw std::runtime_error("37");
                                   }),
               std::runtime_error);
  std::atomic<int> calls{0};
  context.ParallelFor(100, [&](int) { ++calls; });
  EXPECT_EQ(calls, 100);
}

TEST_P(RunContextTest, CancelFromATaskSkipsTheOthers) {
  RunContext context(GetParam());
  std::atomic<int> calls{0};
  EXPECT_THROW(context.ParallelFor(100000,
                                   [&](int) {
                                     ++calls;
                                     context.Cancel();
                                   }),
               Cancelled);
  EXPECT_LE(calls, GetParam());
  EXPECT_THROW(context.ParallelFor(1, [](int) {}), Cancelled);
  EXPECT_THROW(context.Report("phase"), Cancelled);
}

TEST_P(RunContextTest, CallerTakesPart) {
  RunContext context(GetParam());
  std::atomic<int> waiting{0};
  // As many tasks as threads, each waiting for the others: this ends only if every thread takes one.
  context.ParallelFor(GetParam(), [&](int) {
    ++waiting;
    while (waiting < GetParam()) {
    }
  });
  EXPECT_EQ(waiting, GetParam());
}

TEST(RunContext, ReportsTheFirstOfEveryPhaseAndHoldsTheRestBack) {
  std::vector<std::string> phases;
  std::vector<std::optional<double>> fractions;
  RunContext context(1, [&](std::string_view phase, std::optional<double> fraction) {
    phases.emplace_back(phase);
    fractions.push_back(fraction);
  });
  for (int i = 0; i < 1000; ++i) context.Report("embed");
  const size_t embedded = phases.size();
  EXPECT_GE(embedded, 1U);
  EXPECT_LT(embedded, 1000U);
  context.Report("cluster", 0.25);
  ASSERT_EQ(phases.size(), embedded + 1);
  EXPECT_EQ(phases.front(), "embed");
  EXPECT_EQ(fractions.front(), std::nullopt);
  EXPECT_EQ(phases.back(), "cluster");
  EXPECT_EQ(fractions.back(), 0.25);
}

TEST(RunContext, RefusesNoThreads) { EXPECT_THROW(RunContext(0), std::logic_error); }

}  // namespace
}  // namespace modlab
