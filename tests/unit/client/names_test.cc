#include "client/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "client/errors.h"

namespace modlab::client {
namespace {

TEST(Names, WithAndWithoutCollection) {
  EXPECT_EQ(ModelName("abc"), "models/abc");
  EXPECT_EQ(ModelName("models/abc"), "models/abc");
  EXPECT_EQ(JobName("abc"), "jobs/abc");
  EXPECT_EQ(JobName("jobs/abc"), "jobs/abc");
  EXPECT_EQ(IdOf("jobs/abc"), "abc");
  EXPECT_EQ(IdOf("abc"), "abc");
}

TEST(Names, AnotherCollectionIsAUsageError) {
  for (const char* id : {"models/abc", "jobs/", "", "jobs/a/b", "/abc"}) EXPECT_THROW(JobName(id), UsageError) << id;
}

TEST(NewRequestId, RandomUuidsOfVersion4) {
  constexpr auto uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const std::string id = NewRequestId();
    EXPECT_THAT(id, testing::MatchesRegex(uuid));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 100U);
}

}  // namespace
}  // namespace modlab::client
