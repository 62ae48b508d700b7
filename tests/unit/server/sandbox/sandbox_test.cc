#include "server/sandbox/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include "server/executor/files.h"
#include "tests/unit/server/executor/temporary_attempt.h"

namespace modlab::server {
namespace {

TEST(SandboxMode, WordsComeBack) {
  for (const SandboxMode mode : {SandboxMode::kRequired, SandboxMode::kBestEffort, SandboxMode::kOff}) {
    EXPECT_EQ(ParseSandboxMode(ToString(mode)), mode);
  }
  EXPECT_FALSE(ParseSandboxMode("maybe"));
}

TEST(SandboxLevel, NeedsAFilterAndSomethingAroundFiles) {
  SandboxLevel level;
  EXPECT_FALSE(level.Sufficient());
  level.landlock = 1;
  EXPECT_FALSE(level.Sufficient());
  level.system_calls = true;
  EXPECT_TRUE(level.Sufficient());
  level.landlock = 0;
  level.own_uid = true;
  EXPECT_FALSE(level.Sufficient()) << "an own uid alone reads what everybody may";
  level.chroot = true;
  EXPECT_TRUE(level.Sufficient());
  level.own_uid = level.chroot = false;
  level.namespaces = true;
  EXPECT_TRUE(level.Sufficient());
}

TEST(SandboxLevel, SaysWhatItIs) {
  SandboxLevel level;
  EXPECT_EQ(level.Describe(), "nothing");
  level.system_calls = level.own_uid = true;
  level.landlock = 7;
  EXPECT_EQ(level.Describe(), "seccomp, Landlock 7, own uid");
}

class InTheSandbox : public testing::Test {
 protected:
  InTheSandbox() {
    std::filesystem::create_directory(attempt_.directory().artifacts());
    WriteText(attempt_.directory().in() / "input", "given");
  }

  // Wait status of a process that enters the sandbox and then returns from `body` with an exit status.
  int Run(const std::function<int()>& body, SandboxMode mode = SandboxMode::kBestEffort) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        SandboxOptions options;
        options.mode = mode;
        EnterSandbox(attempt_.directory(), options);
        ::_exit(body());
      } catch (const std::exception& error) {
        ::_exit(99);
      }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  TemporaryAttempt attempt_;
};

TEST_F(InTheSandbox, InputsAreReadAndOutputsWritten) {
  EXPECT_EQ(Run([] {
              const AttemptDirectory here(".");
              if (ReadText(here.in() / "input") != "given") return 1;
              WriteFileAtomically(here.out() / "result", "taken");
              return 0;
            }),
            0);
  EXPECT_EQ(ReadText(attempt_.directory().out() / "result"), "taken");
}

TEST_F(InTheSandbox, ThreadsAreStarted) {
  EXPECT_EQ(Run([] {
              int result = 1;
              std::thread([&] { result = 0; }).join();
              return result;
            }),
            0);
}

TEST_F(InTheSandbox, AForbiddenSystemCallEndsIt) {
  const int status = Run([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1 : 2; });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

TEST_F(InTheSandbox, AbortWorks) {
  const int status = Run([]() -> int { std::abort(); });
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
}

TEST_F(InTheSandbox, OffIsOff) {
  EXPECT_EQ(Run([] { return ::open("/etc/passwd", O_RDONLY) >= 0 ? 0 : 1; }, SandboxMode::kOff), 0);
}

}  // namespace
}  // namespace modlab::server
