#include "client/units.h"

#include <gtest/gtest.h>

#include "client/errors.h"

namespace modlab::client {
namespace {

double DurationInSeconds(const char* text) {
  const auto duration = ParseDuration(text);
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

TEST(ParseDuration, UnitsAddUp) {
  EXPECT_EQ(DurationInSeconds("90s"), 90);
  EXPECT_EQ(DurationInSeconds("5m"), 300);
  EXPECT_EQ(DurationInSeconds("2h"), 7200);
  EXPECT_EQ(DurationInSeconds("1h30m"), 5400);
  EXPECT_EQ(DurationInSeconds("1d2h3m4s"), 93784);
  EXPECT_EQ(DurationInSeconds("0.25s"), 0.25);
  EXPECT_EQ(DurationInSeconds("1.5h"), 5400);
}

TEST(ParseDuration, EverythingElseIsAUsageError) {
  for (const char* text : {"", "5", "s", "5x", "5 m", "-5s", "0s", "5m5m", "30m1h", "5m 30s", "1..5s", "nan s", "1e3s",
                           "99999999d", "5ms", "5M", "∞s"}) {
    EXPECT_THROW(ParseDuration(text), UsageError) << text;
  }
}

TEST(ParseDuration, TheErrorSaysWhatToWrite) {
  try {
    ParseDuration("soon");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'soon'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("1h30m"), std::string::npos);
    EXPECT_EQ(error.code(), ExitCode::kUsage);
  }
}

TEST(ParseSize, BinaryAndDecimalUnits) {
  EXPECT_EQ(ParseSize("1000000"), 1000000);
  EXPECT_EQ(ParseSize("512KiB"), 524288);
  EXPECT_EQ(ParseSize("512MiB"), 536870912);
  EXPECT_EQ(ParseSize("4GiB"), 4294967296);
  EXPECT_EQ(ParseSize("1.5GiB"), 1610612736);
  EXPECT_EQ(ParseSize("2GB"), 2000000000);
  EXPECT_EQ(ParseSize("1TiB"), 1099511627776);
  EXPECT_EQ(ParseSize("7B"), 7);
}

TEST(ParseSize, EverythingElseIsAUsageError) {
  for (const char* text : {"", "GiB", "4 GiB", "-4GiB", "0", "4Gib", "4G", "4GiB4", "99999999999TiB", "0x10", "1e9"}) {
    EXPECT_THROW(ParseSize(text), UsageError) << text;
  }
}

TEST(ParseInputShape, CommasOrTimes) {
  for (const char* text : {"1,3,224,224", "1x3x224x224"}) {
    const v1::InputShape shape = ParseInputShape(text);
    EXPECT_EQ(std::vector<int>(shape.dimensions().begin(), shape.dimensions().end()),
              (std::vector<int>{1, 3, 224, 224}));
  }
  EXPECT_EQ(ParseInputShape("7").dimensions_size(), 1);
}

TEST(ParseInputShape, EverythingElseIsAUsageError) {
  for (const char* text : {"", ",", "1,", ",1", "1,,2", "0", "1,-3", "1,2.5", "a", "1;2", "99999999999"}) {
    EXPECT_THROW(ParseInputShape(text), UsageError) << text;
  }
}

TEST(ParseLabels, KeysAndValues) {
  const auto labels = ParseLabels({"run=7", "empty=", "formula=a=b"});
  EXPECT_EQ(labels, (std::map<std::string, std::string>{{"run", "7"}, {"empty", ""}, {"formula", "a=b"}}));
  EXPECT_TRUE(ParseLabels({}).empty());
}

TEST(ParseLabels, EverythingElseIsAUsageError) {
  EXPECT_THROW(ParseLabels({"run"}), UsageError);
  EXPECT_THROW(ParseLabels({"=7"}), UsageError);
  EXPECT_THROW(ParseLabels({"run=7", "run=8"}), UsageError);
}

}  // namespace
}  // namespace modlab::client
