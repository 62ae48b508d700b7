#include <iostream>
#include <iterator>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/local_file.h"

namespace modlab::client {
namespace {

struct SubmitCommand {
  std::string source;
  ResourceOptions resources;
  JobOptions job{.labels = {}, .priority = 0, .sharing = {}, .waiting = {.wait = false, .timeout = {}}};
};

v1::JobSpec ReadJobSpec(const std::string& source) {
  if (source == "-") {
    return ParseJobSpec({std::istreambuf_iterator<char>(std::cin), {}}, "standard input");
  }
  const LocalFile file(source);
  return ParseJobSpec(file.Read(0, file.size()), source);
}

ExitCode Submit(Session& session, const SubmitCommand& command) {
  v1::JobSpec spec = ReadJobSpec(command.source);
  if (!command.resources.empty()) command.resources.ApplyTo(*spec.mutable_resources());
  const Deadline deadline = DeadlineAfter(command.job.waiting.timeout);
  return FinishOrDetach(session, CreateJob(session, spec, command.job), command.job.waiting.wait, deadline);
}

void DefineSubmit(CLI::App& app, SubmitCommand& command) {
  Takes(ValueKind::kFile,
        app.add_option("SPEC", command.source,
                       "A file with the job's spec in JSON (modlab.v1.JobSpec), - for standard input"))
      ->required();
  AddLimits(app, command.resources);
  AddJobOptions(app, command.job);
}

}  // namespace

void AddSubmitCommand(CLI::App& job, Action& chosen) {
  CLI::App* app = AddCommand<SubmitCommand>(job, chosen, "submit", "Queue a job of any kind", DefineSubmit, Submit);
  AddExamples(*app, {"modlab job submit spec.json --label run=7", "modlab job submit spec.json --wait -o json",
                     R"(echo '{"score": {"model": "models/abc", "partitions": [{"spectral": {"clusters": 4}}]}}' |)",
                     "  modlab job submit -"});
}

}  // namespace modlab::client
