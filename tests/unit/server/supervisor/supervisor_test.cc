#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <optional>
#include <regex>
#include <sstream>

#include "server/executor/attempt_directory.h"
#include "tests/unit/server/executor/temporary_attempt.h"
#include "tests/unit/server/supervisor/supervisor_process.h"

namespace modlab::server {
namespace {

using How = AttemptEnd::How;

constexpr int64_t kMinute = 60'000;

class SupervisorTest : public testing::Test {
 protected:
  // Writes what a daemon writes before it assigns an attempt.
  void Prepare(const std::string& behaviour,
               const AttemptLimits& limits = {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 10 * kMinute}) {
    WriteText(attempt_.directory().in() / "behaviour", behaviour);
    WriteLimits(attempt_.directory(), limits);
  }

  void Start(const std::string& worker = FAKE_WORKER) {
    supervisor_.emplace(worker, attempt_.root() / "standard-error");
  }
  void Assign() { supervisor_->Assign(attempt_.root()); }
  AttemptEnd End() {
    EXPECT_EQ(supervisor_->Wait(), 0) << ReadText(attempt_.root() / "standard-error");
    const auto end = ReadEnd(attempt_.directory());
    EXPECT_TRUE(end);
    return end.value_or(AttemptEnd{});
  }
  AttemptEnd Run(const std::string& behaviour) {
    Prepare(behaviour);
    Start();
    Assign();
    return End();
  }
  pid_t WorkerPid() const { return WaitForNumber(attempt_.directory().out() / "pid"); }
  std::string Script(const std::string& text) {
    const auto path = attempt_.root() / "script";
    WriteText(path, "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  TemporaryAttempt attempt_;
  std::optional<SupervisorProcess> supervisor_;
};

TEST_F(SupervisorTest, RecordsAnExitStatusAndWhatWasUsed) {
  const AttemptEnd end = Run("exit-7");
  EXPECT_EQ(end.how, How::kExited);
  EXPECT_EQ(end.status, 7);
  EXPECT_GT(end.peak_memory_bytes, 100'000);
}

TEST_F(SupervisorTest, RecordsASignalOfTheWorkersOwn) {
  const AttemptEnd end = Run("abort");
  EXPECT_EQ(end.how, How::kSignaled);
  EXPECT_EQ(end.status, SIGABRT);
  EXPECT_EQ(end.message, "Aborted");
}

TEST_F(SupervisorTest, RecordsAKillFromOutside) {
  Prepare("hang");
  Start();
  Assign();
  ::kill(WorkerPid(), SIGKILL);
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kSignaled);
  EXPECT_EQ(end.status, SIGKILL);
}

TEST_F(SupervisorTest, EnforcesTheTimeLimit) {
  Prepare("hang", {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 100});
  Start();
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kTimeLimit);
  EXPECT_GE(end.wall_milliseconds, 100);
}

TEST_F(SupervisorTest, EnforcesTheTimeLimitOnAWorkerThatIsNeverReady) {
  Prepare("hang", {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 100});
  Start(Script("exec sleep 600\n"));
  Assign();
  EXPECT_EQ(End().how, How::kTimeLimit);
}

TEST_F(SupervisorTest, EnforcesTheTimeLimitOnAWorkerThatFloodsItsLog) {
  Prepare("print-for-ever", {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 300, .log_bytes = 1000});
  Start();
  Assign();
  EXPECT_EQ(End().how, How::kTimeLimit);
}

TEST_F(SupervisorTest, EnforcesTheMemoryLimit) {
  Prepare("eat", {.memory_bytes = 64 << 20, .wall_milliseconds = 10 * kMinute});
  Start();
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kMemoryLimit);
  EXPECT_GT(end.peak_memory_bytes, 64 << 20);
  EXPECT_NE(end.message.find("the limit is 64 MiB"), std::string::npos) << end.message;
}

TEST_F(SupervisorTest, EnforcesTheDiskLimit) {
  Prepare("write", {.wall_milliseconds = 10 * kMinute, .disk_bytes = 8 << 20});
  Start();
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kDiskLimit);
  EXPECT_NE(end.message.find("the limit is 8 MiB"), std::string::npos) << end.message;
}

TEST_F(SupervisorTest, EnforcesTheNumberOfFiles) {
  Prepare("write-files", {.wall_milliseconds = 10 * kMinute, .files = 50});
  Start();
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kDiskLimit);
  EXPECT_NE(end.message.find("50 files"), std::string::npos) << end.message;
}

TEST_F(SupervisorTest, EnforcesTheNumberOfThreads) {
  Prepare("start-threads", {.wall_milliseconds = 10 * kMinute, .threads = 20});
  Start();
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kThreadLimit);
  EXPECT_NE(end.message.find("the limit is 20"), std::string::npos) << end.message;
}

TEST_F(SupervisorTest, RecordsWhatHeldTheModelIn) { EXPECT_EQ(Run("exit-7").sandbox, "a fake sandbox"); }

TEST_F(SupervisorTest, CancelsGracefully) {
  Prepare("leave-when-asked");
  Start();
  Assign();
  WorkerPid();
  supervisor_->Signal(SIGTERM);
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kCancelled);
  EXPECT_EQ(end.status, kWorkerCancelledStatus);
}

TEST_F(SupervisorTest, WhatFinishesWhenItIsAskedToStopHasFinished) {
  Prepare("finish-when-asked");
  Start();
  Assign();
  WorkerPid();
  supervisor_->Signal(SIGTERM);
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kExited);
  EXPECT_EQ(end.status, 0);
}

TEST_F(SupervisorTest, CancelsByForceAfterTheGrace) {
  Prepare("stubborn", {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 10 * kMinute, .grace_milliseconds = 50});
  Start();
  Assign();
  WorkerPid();
  supervisor_->Signal(SIGTERM);
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kCancelled);
  EXPECT_EQ(end.status, SIGKILL);
}

TEST_F(SupervisorTest, CancelsAtOnceWhenForced) {
  Prepare("stubborn",
          {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 10 * kMinute, .grace_milliseconds = 10 * kMinute});
  Start();
  Assign();
  WorkerPid();
  supervisor_->Signal(SIGTERM);
  supervisor_->Signal(SIGUSR1);
  EXPECT_EQ(End().how, How::kCancelled);
}

TEST_F(SupervisorTest, OutlivesTheSignalsOfATerminalThatGoesAway) {
  Prepare("hang");
  Start();
  Assign();
  const pid_t worker = WorkerPid();
  supervisor_->Signal(SIGHUP);
  supervisor_->Signal(SIGINT);
  supervisor_->Signal(SIGPIPE);
  ::kill(worker, SIGKILL);
  EXPECT_EQ(End().how, How::kSignaled);
}

TEST_F(SupervisorTest, TheWorkerDiesWithIt) {
  Prepare("stubborn");
  Start();
  Assign();
  const pid_t worker = WorkerPid();
  supervisor_->Signal(SIGKILL);
  EXPECT_EQ(supervisor_->Wait(), -SIGKILL);
  EXPECT_EQ(WaitForProcess(worker), -SIGKILL);
  EXPECT_FALSE(ReadEnd(attempt_.directory()));
}

TEST_F(SupervisorTest, LeavesNoProcessBehind) {
  for (const char* behaviour : {"leave-child", "leave-child-in-own-session"}) {
    std::filesystem::remove(attempt_.directory().out() / "child");
    EXPECT_EQ(Run(behaviour).how, How::kExited);
    const pid_t child = WaitForNumber(attempt_.directory().out() / "child");
    EXPECT_EQ(::kill(child, 0), -1) << behaviour;
    EXPECT_EQ(errno, ESRCH);
  }
}

TEST_F(SupervisorTest, RecordsThatTheWorkersProgramIsMissing) {
  Prepare("exit-7");
  Start("/nowhere/modlab-worker");
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kStartFailed);
  EXPECT_EQ(end.message, "cannot run /nowhere/modlab-worker: No such file or directory");
}

TEST_F(SupervisorTest, RecordsThatTheLimitsAreMissing) {
  Start();
  Assign();
  const AttemptEnd end = End();
  EXPECT_EQ(end.how, How::kStartFailed);
  EXPECT_NE(end.message.find("limits"), std::string::npos) << end.message;
}

TEST_F(SupervisorTest, SaysThatTheDirectoryIsMissing) {
  Start();
  supervisor_->Assign("/nowhere/attempt");
  EXPECT_EQ(supervisor_->Wait(), 4);
  EXPECT_NE(ReadText(attempt_.root() / "standard-error").find("/nowhere/attempt"), std::string::npos);
}

TEST_F(SupervisorTest, LeavesWhenNoJobComes) {
  Start();
  supervisor_->CloseInput();
  EXPECT_EQ(supervisor_->Wait(), 0);
}

TEST_F(SupervisorTest, LeavesWhenItIsAskedToBeforeAJobComes) {
  for (const int signal : {SIGTERM, SIGUSR1}) {
    // A worker that has begun is the sign that the signals are being watched.
    Start(Script("echo $$ > " + (attempt_.root() / "begun.tmp").string() + "\nmv " +
                 (attempt_.root() / "begun.tmp").string() + " " + (attempt_.root() / "begun").string() +
                 "\nexec sleep 600\n"));
    WaitForNumber(attempt_.root() / "begun");
    supervisor_->Signal(signal);
    EXPECT_EQ(supervisor_->Wait(), 0);
    std::filesystem::remove(attempt_.root() / "begun");
  }
}

TEST_F(SupervisorTest, SaysThatTheWorkerDiedBeforeAJobCame) {
  Start(Script("echo cannot load something >&2\nexit 127\n"));
  EXPECT_EQ(supervisor_->Wait(), 3);
  const std::string said = ReadText(attempt_.root() / "standard-error");
  EXPECT_NE(said.find("left with status 127"), std::string::npos) << said;
  EXPECT_NE(said.find("cannot load something"), std::string::npos) << said;
}

TEST_F(SupervisorTest, CutsTheLogOff) {
  Prepare("print-a-megabyte", {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 10 * kMinute, .log_bytes = 6400});
  Start();
  Assign();
  EXPECT_EQ(End().how, How::kExited);
  const std::string log = ReadText(attempt_.directory().log());
  EXPECT_EQ(log.substr(0, 6400).find_first_not_of("x\n"), std::string::npos);
  EXPECT_EQ(log.substr(6400), "\n[modlab: the log is full; the rest of the output was thrown away]\n");
}

TEST_F(SupervisorTest, KeepsAllOfALogThatFits) {
  Prepare("print-a-megabyte",
          {.memory_bytes = int64_t{1} << 40, .wall_milliseconds = 10 * kMinute, .log_bytes = 1 << 20});
  Start();
  Assign();
  EXPECT_EQ(End().how, How::kExited);
  const std::string log = ReadText(attempt_.directory().log());
  EXPECT_EQ(log.size(), 1U << 20);
  EXPECT_EQ(log.find('['), std::string::npos);
}

TEST_F(SupervisorTest, TellsOpenBlasWhatAnIntelCpuCanDoUnlessItWasTold) {
  bool expected = false;
#ifdef __x86_64__
  expected = __builtin_cpu_is("intel") != 0 && __builtin_cpu_supports("avx2") != 0;
#endif
  ::unsetenv("OPENBLAS_CORETYPE");
  Run("describe");
  const std::string log = ReadText(attempt_.directory().log());
  EXPECT_EQ(std::regex_search(log, std::regex("env OPENBLAS_CORETYPE=(SkylakeX|Haswell)\n")), expected) << log;
}

TEST_F(SupervisorTest, LeavesOpenBlasAsItWasTold) {
  ::setenv("OPENBLAS_CORETYPE", "Nehalem", 1);
  Run("describe");
  ::unsetenv("OPENBLAS_CORETYPE");
  const std::string log = ReadText(attempt_.directory().log());
  EXPECT_NE(log.find("env OPENBLAS_CORETYPE=Nehalem\n"), std::string::npos) << log;
}

TEST_F(SupervisorTest, GivesTheWorkerACleanStart) {
  ::setenv("MODLAB_SECRET", "x", 1);
  ::setenv("LANG", "C.UTF-8", 1);
  Run("describe");
  const std::string log = ReadText(attempt_.directory().log());
  for (const char* expected : {"env OMP_NUM_THREADS=1\n", "env OPENBLAS_NUM_THREADS=1\n", "env MKL_NUM_THREADS=1\n",
                               "env GOMP_SPINCOUNT=20000\n", "env LANG=C.UTF-8\n", "blocked 0\n", "leads its group 1\n",
                               "and this is standard error\n"}) {
    EXPECT_NE(log.find(expected), std::string::npos) << expected << " is not in\n" << log;
  }
  EXPECT_EQ(log.find("MODLAB_SECRET"), std::string::npos);
  EXPECT_EQ(log.find("descriptor"), std::string::npos) << log;
}

}  // namespace
}  // namespace modlab::server
