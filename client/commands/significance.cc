#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/names.h"
#include "client/output/significance_table.h"

namespace modlab::client {
namespace {

struct SignificanceCommand {
  std::vector<std::string> jobs;
};

/// An adjusted p for each line, of Q and of n-cut.
std::string QuietText(const v1::AdjustPValuesResponse& adjusted) {
  std::string text;
  for (const v1::AdjustedPartition& partition : adjusted.partitions()) {
    for (const v1::NullTest* test : {&partition.modularity_test(), &partition.ncut_test()}) {
      text += fmt::format("{}{}", text.empty() ? "" : "\n", test->p_adjusted());
    }
  }
  return text;
}

ExitCode Adjust(Session& session, const SignificanceCommand& command) {
  v1::AdjustPValuesRequest request;
  for (const std::string& job : command.jobs) request.add_jobs(JobName(job));
  const v1::AdjustPValuesResponse adjusted =
      session.Connect().CallWithRetries(&v1::JobService::Stub::AdjustPValues, request);
  session.Print(adjusted, QuietText(adjusted), [&](const TextStyle& style) {
    std::map<std::string, std::string> titles;
    for (const v1::AdjustedPartition& partition : adjusted.partitions()) {
      if (!titles.contains(partition.model())) titles[partition.model()] = ModelTitle(session, partition.model());
    }
    return SignificanceTable(adjusted, titles, style);
  });
  return ExitCode::kOk;
}

void DefineSignificance(CLI::App& app, SignificanceCommand& command) {
  Takes(ValueKind::kJob, app.add_option("JOB_ID", command.jobs,
                                        "Score jobs with null models: `jobs/abc`, or `abc`; several may be given")
                             ->required());
}

}  // namespace

void AddSignificanceCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<SignificanceCommand>(
      app, chosen, "significance",
      "Adjust the p-values of several score jobs for all of their tests (Benjamini and Hochberg): Q and n-cut of every "
      "partition of every job are one family",
      DefineSignificance, Adjust);
  AddExamples(*command, {"modlab significance abc def ghi",
                         "modlab significance abc def -o json | jq '.partitions[].modularityTest.pAdjusted'"});
}

}  // namespace modlab::client
