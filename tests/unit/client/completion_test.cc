#include "client/completion.h"

#include <gtest/gtest.h>

#include "client/completion_scripts.h"

namespace modlab::client {
namespace {

using Words = std::vector<std::string>;

class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    app_.name("tool");
    app_.fallthrough();
    Takes(ValueKind::kServer, app_.add_option("--server", text_));
    Takes(ValueKind::kFile, app_.add_option("--ca", text_));
    TakesChoice({"table", "json"}, app_.add_option("-o,--output", text_, "How it looks"));
    app_.add_flag("-q,--quiet", flag_);

    CLI::App* job = app_.add_subcommand("job", "Jobs");
    CLI::App* list = job->add_subcommand("list", "List jobs");
    TakesChoice({"queued", "running"}, list->add_option("--state", texts_)->allow_extra_args(false));
    list->add_option("--limit", text_);
    Takes(ValueKind::kJob, job->add_subcommand("show")->add_option("JOB_ID", text_));
    Takes(ValueKind::kJob, job->add_subcommand("delete")->add_option("JOB_ID", texts_));
    Takes(ValueKind::kJobOrFile, job->add_subcommand("compare")->add_option("JOB_OR_FILE", texts_));
    Takes(ValueKind::kModelOrFile, app_.add_subcommand("score")->add_option("MODEL_ID_OR_FILE", text_));
    app_.add_subcommand("secret")->group("");
  }

  Completion CompletionOf(const Words& words) {
    return Complete(app_, words, [this](ValueKind kind, const Words& about_server) {
      about_server_ = about_server;
      switch (kind) {
        case ValueKind::kJob:
          return std::vector<Candidate>{{"j1", "score"}, {"j2", ""}, {"other", ""}};
        case ValueKind::kModel:
          return std::vector<Candidate>{{"m1", "net.pt"}};
        case ValueKind::kServer:
          return std::vector<Candidate>{{"lab", ""}};
        default:
          ADD_FAILURE() << "asked for what no server knows";
          return std::vector<Candidate>{};
      }
    });
  }

  Words ValuesOf(const Words& words) {
    Words values;
    for (const Candidate& candidate : CompletionOf(words).candidates) values.push_back(candidate.value);
    return values;
  }

  CLI::App app_;
  std::string text_;
  std::vector<std::string> texts_;
  bool flag_ = false;
  Words about_server_;
};

TEST_F(CompletionTest, CommandsThatAreShown) {
  EXPECT_EQ(ValuesOf({""}), (Words{"job", "score"}));
  EXPECT_EQ(ValuesOf({"job", "l"}), Words{"list"});
  EXPECT_EQ(CompletionOf({"job", "l"}).candidates[0].description, "List jobs");
  EXPECT_EQ(ValuesOf({"nonsense", "x", ""}).size(), 2U) << "what it does not know, it passes by";
}

TEST_F(CompletionTest, OptionsOfTheCommandAndOfTheProgramEachOnce) {
  EXPECT_EQ(ValuesOf({"job", "list", "--"}),
            (Words{"--help", "--state", "--limit", "--server", "--ca", "--output", "--quiet"}));
  EXPECT_EQ(ValuesOf({"job", "list", "--limit", "3", "-q", "--state", "queued", "--"}),
            (Words{"--help", "--state", "--server", "--ca", "--output"}))
      << "what may come again is offered again";
}

TEST_F(CompletionTest, ChoicesHoweverTheOptionIsWritten) {
  EXPECT_EQ(ValuesOf({"--output", ""}), (Words{"table", "json"}));
  EXPECT_EQ(ValuesOf({"job", "list", "-o", "j"}), Words{"json"});
  EXPECT_EQ(ValuesOf({"job", "list", "--output=j"}), Words{"--output=json"});
  EXPECT_EQ(ValuesOf({"job", "list", "-o", "json", "--state", "r"}), Words{"running"});
  EXPECT_TRUE(ValuesOf({"job", "list", "--limit", ""}).empty());
}

TEST_F(CompletionTest, Ids) {
  EXPECT_EQ(ValuesOf({"job", "show", "j"}), (Words{"j1", "j2"}));
  EXPECT_EQ(ValuesOf({"job", "show", "jobs/j"}), (Words{"jobs/j1", "jobs/j2"}));
  EXPECT_TRUE(ValuesOf({"job", "show", "j1", ""}).empty()) << "it takes one";
  EXPECT_EQ(ValuesOf({"job", "delete", "j1", ""}), (Words{"j2", "other"})) << "not what is there already";
  EXPECT_EQ(ValuesOf({"job", "show", "--", "j"}), (Words{"j1", "j2"}));
}

TEST_F(CompletionTest, Files) {
  EXPECT_TRUE(CompletionOf({"--ca", ""}).files);
  EXPECT_TRUE(CompletionOf({"score", ""}).files);
  EXPECT_EQ(ValuesOf({"score", ""}), Words{"m1"});
  EXPECT_TRUE(CompletionOf({"job", "compare", ""}).files);
  EXPECT_EQ(ValuesOf({"job", "compare", "jobs/j1", "jobs/j"}), Words{"jobs/j2"});
  EXPECT_FALSE(CompletionOf({"job", "show", ""}).files);
}

TEST_F(CompletionTest, TheServerThatIsMeantIsAsked) {
  ValuesOf({"--server", "lab", "job", "show", "-q", "--ca=ca.pem", ""});
  EXPECT_EQ(about_server_, (Words{"--server", "lab", "--quiet", "--ca", "ca.pem"}));
  EXPECT_EQ(ValuesOf({"--server", "l"}), Words{"lab"});
}

TEST_F(CompletionTest, NothingBeforeTheFirstWord) { EXPECT_EQ(ValuesOf({}), (Words{"job", "score"})); }

TEST(CompletionScript, OneForEveryShell) {
  EXPECT_EQ(CompletionShells(), (Words{"bash", "fish", "zsh"}));
  for (const std::string& shell : CompletionShells()) {
    EXPECT_NE(CompletionScript(shell).find("__complete"), std::string_view::npos) << shell;
  }
  EXPECT_TRUE(CompletionScript("csh").empty());
}

}  // namespace
}  // namespace modlab::client
