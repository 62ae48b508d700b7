#include "client/output/man_page.h"

#include <gtest/gtest.h>

namespace modlab::client {
namespace {

TEST(ManPage, SaysWhatHelpSays) {
  std::string text;
  CLI::App app("Measures things.", "tool");
  CLI::App* job = app.add_subcommand("job", "Jobs");
  CLI::App* list = job->add_subcommand("list", "List jobs, newest first");
  list->add_option("JOB_ID", text, "Which")->required();
  list->add_option("-o,--output", text, ".table or a\\b")->option_text("FORMAT");
  list->footer("Examples:\n  tool job list -o x\n\nMore of it.");
  app.add_subcommand("secret")->group("");

  EXPECT_EQ(PageName(*list), "tool-job-list");
  const std::string page = ManPage(*list);
  for (const char* words :
       {".TH TOOL\\-JOB\\-LIST 1 ", "tool\\-job\\-list \\- List jobs, newest first\n", ".B tool job list\n",
        " \\fIJOB_ID\\fR\n", ".TP\n\\fB\\-o, \\-\\-output\\fR \\fIFORMAT\\fR\n\\&.table or a\\eb\n",
        ".SH EXAMPLES\n.nf\ntool job list \\-o x\n.fi\n", ".SH DESCRIPTION\n.PP\nMore of it.\n",
        ".BR tool\\-job (1)\n"}) {
    EXPECT_NE(page.find(words), std::string::npos) << words << " in\n" << page;
  }

  const std::string family = ManPage(app);
  EXPECT_NE(family.find(".SH COMMANDS\n.TP\n\\fBtool\\-job\\fR(1)\nJobs\n"), std::string::npos) << family;
  EXPECT_EQ(family.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace modlab::client
