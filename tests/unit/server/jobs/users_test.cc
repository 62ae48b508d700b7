#include "server/jobs/users.h"

#include <gtest/gtest.h>

#include "server/executor/files.h"
#include "tests/unit/server/jobs/reason_of.h"
#include "tests/unit/server/temporary_directory.h"

namespace modlab::server {
namespace {

using modlab::v1::Role;

constexpr int64_t kHour = int64_t{3600} * 1'000'000;

class UsersTest : public testing::Test {
 protected:
  modlab::v1::Reason ReasonOfToken(const std::string& token) {
    return ReasonOf([&] { users_.FromToken(token); });
  }

  TemporaryDirectory directory_;
  Database database_{directory_.path() / "db"};
  Users users_{database_};
};

TEST_F(UsersTest, ATokenSaysWhoShowsIt) {
  users_.Put("ada", Role::ADMIN);
  users_.Put("bob", Role::READER);
  const std::string ada = users_.MakeToken("ada", kHour);
  const std::string bob = users_.MakeToken("bob", kHour);
  EXPECT_NE(ada, users_.MakeToken("ada", kHour));
  EXPECT_EQ(users_.FromToken(ada).name, "ada");
  EXPECT_EQ(users_.FromToken(ada).role, Role::ADMIN);
  EXPECT_EQ(users_.FromToken(bob).role, Role::READER);
  users_.Put("bob", Role::USER);
  EXPECT_EQ(users_.FromToken(bob).role, Role::USER) << "the role is the user's, not the token's";
}

TEST_F(UsersTest, TheSecretIsKeptNowhere) {
  users_.Put("ada", Role::USER);
  const std::string token = users_.MakeToken("ada", kHour);
  const std::string secret = token.substr(token.rfind('_') + 1);
  EXPECT_EQ(secret.size(), 64U);
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    EXPECT_EQ(ReadUntrusted(entry.path(), 1 << 24).value_or("").find(secret), std::string::npos) << entry.path();
  }
}

TEST_F(UsersTest, WrongTokens) {
  users_.Put("ada", Role::USER);
  const std::string token = users_.MakeToken("ada", kHour);
  std::string other = token;
  other.back() = other.back() == '0' ? '1' : '0';
  for (const std::string& wrong : {std::string(), std::string("modlab_"), std::string("modlab_x_y"), token + "0", other,
                                   token.substr(7), token.substr(0, token.size() - 1)}) {
    EXPECT_EQ(ReasonOfToken(wrong), modlab::v1::UNAUTHENTICATED) << wrong;
  }
}

TEST_F(UsersTest, OutOfDateRevokedAndRemoved) {
  users_.Put("ada", Role::USER);
  EXPECT_EQ(ReasonOfToken(users_.MakeToken("ada", -1)), modlab::v1::UNAUTHENTICATED);
  const std::string revoked = users_.MakeToken("ada", kHour);
  database_.Transact([&](SQLite::Database& connection) {
    const auto tokens = ListTokens(connection);
    ASSERT_EQ(tokens.size(), 2U);
    for (const StoredToken& token : tokens) EXPECT_TRUE(DeleteToken(connection, token.id));
    EXPECT_FALSE(DeleteToken(connection, tokens[0].id));
  });
  EXPECT_EQ(ReasonOfToken(revoked), modlab::v1::UNAUTHENTICATED);
  const std::string orphan = users_.MakeToken("ada", kHour);
  database_.Transact([&](SQLite::Database& connection) { EXPECT_TRUE(DeleteUser(connection, "ada")); });
  EXPECT_EQ(ReasonOfToken(orphan), modlab::v1::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf([&] { users_.MakeToken("ada", kHour); }), modlab::v1::RESOURCE_NOT_FOUND);
}

TEST_F(UsersTest, CertificatesNameUsers) {
  users_.Put("ada", Role::USER);
  EXPECT_EQ(users_.FromName("ada").role, Role::USER);
  EXPECT_EQ(ReasonOf([&] { users_.FromName("eve"); }), modlab::v1::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf([&] { users_.FromName(""); }), modlab::v1::UNAUTHENTICATED);
}

TEST_F(UsersTest, NamesThatAreNone) {
  for (const std::string& name : {std::string(), std::string("Ada"), std::string("a b"), std::string(64, 'a')}) {
    EXPECT_EQ(ReasonOf([&] { users_.Put(name, Role::USER); }), modlab::v1::FIELD_INVALID) << name;
  }
}

TEST(Authorize, EveryRoleAndVerb) {
  using modlab::v1::PERMISSION_REFUSED;
  using modlab::v1::RESOURCE_NOT_FOUND;
  const auto outcome = [](Role role, Verb verb, const std::string& owner) {
    return ReasonOf([&] { Authorize({"ada", role}, verb, {owner.empty() ? "server" : "jobs/x", owner}); });
  };
  const auto fine = modlab::v1::REASON_UNSPECIFIED;
  for (const Verb verb : {Verb::kRead, Verb::kCreate, Verb::kChange, Verb::kDelete, Verb::kOperate}) {
    for (const char* owner : {"", "ada", "bob"}) EXPECT_EQ(outcome(Role::ADMIN, verb, owner), fine);
    for (const Role role : {Role::USER, Role::READER}) {
      EXPECT_EQ(outcome(role, verb, "bob"), RESOURCE_NOT_FOUND);
      const bool may = verb == Verb::kRead || (role == Role::USER && verb != Verb::kOperate);
      for (const char* owner : {"", "ada"}) EXPECT_EQ(outcome(role, verb, owner), may ? fine : PERMISSION_REFUSED);
    }
  }
}

}  // namespace
}  // namespace modlab::server
