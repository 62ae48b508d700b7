#include "server/worker/resource_limits.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <new>

namespace modlab::server {
namespace {

// Each runs in a process of its own: what is taken does not come back.

TEST(ResourceLimitsDeathTest, ForbidsCoreFilesAndOtherReaders) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        LimitResources({});
        rlimit core{};
        ::getrlimit(RLIMIT_CORE, &core);
        std::_Exit(core.rlim_max == 0 && ::umask(0) == 077 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(ResourceLimitsDeathTest, AnAllocationFarBeyondTheLimitThrows) {
#ifdef MODLAB_SANITIZED
  GTEST_SKIP() << "a sanitizer maps memory as it likes";
#endif
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  constexpr int64_t limit = 64 << 20;
  EXPECT_EXIT(
      {
        LimitResources({.memory_bytes = limit, .threads = 1});
        // Within the limit. Calls, not new-expressions: those may be optimised away.
        ::operator delete(::operator new(limit));
        try {
          ::operator delete(::operator new (int64_t{1} << 30));
          std::_Exit(1);
        } catch (const std::bad_alloc&) {
          std::_Exit(0);
        }
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace modlab::server
