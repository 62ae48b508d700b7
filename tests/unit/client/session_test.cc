#include "client/session.h"

#include <gtest/gtest.h>

#include "tests/unit/client/temporary_directory.h"

namespace modlab::client {
namespace {

TEST(Session, AServerThatIsConfiguredWronglyIsInTheWayOnlyWhereItIsNeeded) {
  const Environment environment = {{"MODLAB_SERVER", "nobody-knows-it"}, {"XDG_CONFIG_HOME", "/nowhere"}};
  Session session({}, environment);
  testing::internal::CaptureStdout();
  session.PrintData("data\n");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "data\n");
  EXPECT_THROW(session.is_local(), UsageError);
  EXPECT_THROW(session.Connect(), UsageError);
  EXPECT_THROW(session.ConnectToRunning(), UsageError);
}

TEST(Session, NotesHaveNothingThatATerminalWouldActUpon) {
  const Session session({}, {});
  testing::internal::CaptureStderr();
  session.Note("lost the server (\x1b[2J)");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "modlab: lost the server (?[2J)\n");
}

}  // namespace
}  // namespace modlab::client
