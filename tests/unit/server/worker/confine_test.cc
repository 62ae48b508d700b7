#include "server/worker/confine.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace modlab::server {
namespace {

// Each runs in a process of its own: what is taken does not come back.

TEST(ConfineDeathTest, ForbidsCoreFilesAndOtherReaders) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Confine({});
        rlimit core{};
        ::getrlimit(RLIMIT_CORE, &core);
        std::_Exit(core.rlim_max == 0 && ::umask(0) == 077 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(ConfineDeathTest, AnAllocationFarBeyondTheLimitThrows) {
#ifdef MODLAB_SANITIZED
  GTEST_SKIP() << "a sanitizer maps memory as it likes";
#endif
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  constexpr int64_t kLimit = 64 << 20;
  EXPECT_EXIT(
      {
        Confine({.memory_bytes = kLimit, .threads = 1});
        // Within the limit, in many pieces and in one.
        std::vector<std::unique_ptr<char[]>> pieces;
        for (int i = 0; i < 63; ++i) pieces.push_back(std::make_unique<char[]>(1 << 20));
        pieces.clear();
        const auto all = std::make_unique<char[]>(kLimit);
        try {
          const std::unique_ptr<char[]> more(new char[int64_t{1} << 30]);
          std::_Exit(more ? 1 : 2);
        } catch (const std::bad_alloc&) {
          std::_Exit(0);
        }
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace modlab::server
