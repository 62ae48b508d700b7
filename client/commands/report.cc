#include "client/report/report.h"

#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/experiment_flow.h"
#include "client/commands/figure_file.h"
#include "client/commands/options.h"

namespace modlab::client {
namespace {

struct ReportCommand {
  std::string subject;
  std::string file = "report.html";
};

ExitCode WriteReport(Session& session, const ReportCommand& command) {
  const Subject subject = FindSubject(session, command.subject);
  const auto progress = session.StartProgress(std::chrono::seconds(1));
  const auto show = [&](double fraction) { progress->Show("drawing", fraction); };
  const std::string html = subject.experiment.empty() ? JobReport(session, subject.job, show)
                                                      : ExperimentReport(session, subject.experiment, show);
  progress->Clear();
  WriteTextFile(html, command.file);
  if (command.file != "-") session.Note(fmt::format("wrote {}", command.file));
  return ExitCode::kOk;
}

void DefineReport(CLI::App& app, ReportCommand& command) {
  Takes(ValueKind::kJobOrExperiment,
        app.add_option("JOB", command.subject,
                       "A score, a training, or an experiment: `jobs/abc`, `abc`, or an experiment's name")
            ->required());
  Takes(ValueKind::kFile,
        app.add_option("-o,--to", command.file, "Where to; - is standard output (default report.html)"))
      ->option_text("FILE");
}

}  // namespace

void AddReportCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<ReportCommand>(app, chosen, "report",
                                                "Write up a score, a training or an experiment as one page of HTML: "
                                                "what was asked, the answer, tables, pictures, "
                                                "and how to run it again",
                                                DefineReport, WriteReport);
  AddExamples(*command, {"modlab report baseline-small -o report.html", "modlab report abc -o - > abc.html"});
}

}  // namespace modlab::client
