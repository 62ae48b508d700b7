#include "client/compared_partition.h"

#include <gtest/gtest.h>

#include <string>

#include "client/errors.h"

namespace modlab::client {
namespace {

TEST(ParseComparedPartition, AJobAloneAndWithWhatChooses) {
  const v1::ComparedPartition first = ParseComparedPartition("abc");
  EXPECT_EQ(first.job(), "jobs/abc");
  EXPECT_FALSE(first.has_index());
  EXPECT_EQ(first.method(), v1::Partition::METHOD_UNSPECIFIED);
  EXPECT_FALSE(first.consensus());
  EXPECT_EQ(ParseComparedPartition("jobs/abc:leiden").job(), "jobs/abc");
  EXPECT_EQ(ParseComparedPartition("jobs/abc:leiden").method(), v1::Partition::LEIDEN);
  EXPECT_EQ(ParseComparedPartition("abc:planted").method(), v1::Partition::PLANTED);
  EXPECT_EQ(ParseComparedPartition("abc:0").index(), 0);
  EXPECT_TRUE(ParseComparedPartition("abc:0").has_index());
  EXPECT_TRUE(ParseComparedPartition("abc:consensus").consensus());
  const v1::ComparedPartition all = ParseComparedPartition("abc:consensus:12:spectral");
  EXPECT_TRUE(all.consensus());
  EXPECT_EQ(all.index(), 12);
  EXPECT_EQ(all.method(), v1::Partition::SPECTRAL);
}

TEST(ParseComparedPartition, SaysWhatItDoesNotUnderstand) {
  for (const char* text : {"abc:", "abc:louvain", "abc:-1", "abc:1:2", "abc:leiden:spectral", "abc:consensus:consensus",
                           "abc:1x", "abc:99999999999", "abc::1"}) {
    try {
      ParseComparedPartition(text);
      ADD_FAILURE() << text;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find("'" + std::string(text) + "' chooses no partition"), std::string::npos)
          << error.what();
    }
  }
  EXPECT_THROW(ParseComparedPartition(":leiden"), UsageError);
  EXPECT_THROW(ParseComparedPartition("models/abc:leiden"), UsageError);
}

TEST(NameOf, IsWhatTheCommandLineTakes) {
  for (const char* text : {"abc:0", "abc:2:consensus"}) EXPECT_EQ(NameOf(ParseComparedPartition(text)), text);
}

}  // namespace
}  // namespace modlab::client
