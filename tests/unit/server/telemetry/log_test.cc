#include "server/telemetry/log.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

namespace modlab::server {
namespace {

TEST(Log, ATextOfAModelsStaysOneLineAndMovesNoCursor) {
  testing::internal::CaptureStderr();
  SetUpLog("info", LogFormat::kText);
  {
    const LogField job("job", "a\rb");
    spdlog::info("the model says {}", "first\n2026-11-24T00:00:00Z info forged \x1b[2J");
  }
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
  EXPECT_EQ(line.back(), '\n');
  EXPECT_EQ(line.find_first_of("\r\x1b"), std::string::npos) << line;
  EXPECT_NE(line.find("first\\x0a2026"), std::string::npos) << line;
  EXPECT_NE(line.find("job=a\\x0db"), std::string::npos) << line;
}

}  // namespace
}  // namespace modlab::server
