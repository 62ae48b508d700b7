#include "client/local_daemon.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

TEST(IsRunningDaemon, OnlyAProcessOfThatProgram) {
  EXPECT_FALSE(IsRunningDaemon(getpid()));
  EXPECT_FALSE(IsRunningDaemon(0));
}

class LocalDaemon : public testing::Test {
 protected:
  /// A program in the daemon's place.
  void UseDaemon(const std::string& script) {
    const std::string path = directory_.Write("modlabd", "#!/bin/sh\n" + script);
    ASSERT_EQ(chmod(path.c_str(), 0700), 0);
    environment_["MODLAB_DAEMON"] = path;
  }

  std::string FailureToConnect() {
    try {
      ConnectLocal(environment_);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::kUnreachable);
      return failure.what();
    }
    ADD_FAILURE() << "connected to nothing";
    return "";
  }

  TemporaryDirectory directory_;
  Environment environment_ = {{"XDG_RUNTIME_DIR", directory_.path("run")},
                              {"XDG_STATE_HOME", directory_.path("state")}};
};

TEST_F(LocalDaemon, NoneIsFoundWhereNoneRuns) { EXPECT_EQ(FindLocal(environment_), nullptr); }

TEST_F(LocalDaemon, AMissingProgramIsNamed) {
  environment_["MODLAB_DAEMON"] = directory_.path("no-such-daemon");
  EXPECT_NE(FailureToConnect().find(directory_.path("no-such-daemon")), std::string::npos);
}

TEST_F(LocalDaemon, ADaemonThatFailsIsQuoted) {
  UseDaemon("echo \"modlabd: the disk is full: $*\" >&2; exit 1\n");
  const std::string message = FailureToConnect();
  EXPECT_NE(message.find("the disk is full"), std::string::npos) << message;
  EXPECT_NE(message.find("--listen unix:" + directory_.path("run/modlab/modlabd.sock")), std::string::npos) << message;
  EXPECT_NE(message.find("--data-dir " + directory_.path("state/modlab") + " --on-demand"), std::string::npos)
      << message;
}

TEST_F(LocalDaemon, OnlyTheLastStartIsQuoted) {
  UseDaemon("echo first >&2; exit 1\n");
  EXPECT_NE(FailureToConnect().find("first"), std::string::npos);
  UseDaemon("echo second >&2; exit 1\n");
  const std::string message = FailureToConnect();
  EXPECT_NE(message.find("second"), std::string::npos);
  EXPECT_EQ(message.find("first"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
