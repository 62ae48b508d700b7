#include "client/application.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/client/fake_server.h"
#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

class ApplicationTest : public testing::Test {
 protected:
  /// Runs `modlab` with these arguments; `out` and `err` are what it prints.
  ExitCode Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "modlab");
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const ExitCode code = RunApplication(static_cast<int>(arguments.size()), arguments.data(), environment_);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  TemporaryDirectory directory_;
  Environment environment_ = {{"XDG_CONFIG_HOME", directory_.path("config")}};
  std::string out_;
  std::string err_;
};

TEST_F(ApplicationTest, AServerThatIsConfiguredWronglyCanBeMended) {
  environment_["MODLAB_SERVER"] = "nobody-knows-it";
  EXPECT_EQ(Run({"job", "list"}), ExitCode::kUsage);
  EXPECT_NE(err_.find("nobody-knows-it"), std::string::npos) << err_;
  EXPECT_EQ(Run({"server", "add", "nobody-knows-it", "/run/modlab.sock"}), ExitCode::kOk);
  EXPECT_EQ(Run({"server", "list"}), ExitCode::kOk);
  EXPECT_EQ(Run({"server", "use", "local"}), ExitCode::kOk);
  EXPECT_EQ(Run({"version"}), ExitCode::kOk);
  EXPECT_EQ(Run({"completion", "bash"}), ExitCode::kOk);
}

TEST_F(ApplicationTest, NoOtherServerCanBeCalledLocal) {
  EXPECT_EQ(Run({"server", "add", "local", "/run/modlab.sock"}), ExitCode::kUsage);
  EXPECT_NE(err_.find("your own server"), std::string::npos) << err_;
}

TEST_F(ApplicationTest, AQuietWatchPrintsTheIdAlone) {
  ScriptedJobs jobs;
  const FakeServer server(jobs);
  v1::WatchJobResponse event;
  event.mutable_event()->set_sequence(1);
  event.mutable_event()->mutable_state()->set_state(v1::Job::RUNNING);
  v1::WatchJobResponse end;
  end.mutable_job()->set_name("jobs/abc");
  end.mutable_job()->set_state(v1::Job::SUCCEEDED);
  jobs.streams.assign(2, {.messages = {event, end}, .end = {}});
  EXPECT_EQ(Run({"job", "watch", "abc", "--server", server.address().c_str(), "--insecure"}), ExitCode::kOk);
  EXPECT_NE(out_, "abc\n");
  EXPECT_EQ(Run({"job", "watch", "abc", "-q", "--server", server.address().c_str(), "--insecure"}), ExitCode::kOk);
  EXPECT_EQ(out_, "abc\n");
}

}  // namespace
}  // namespace modlab::client
