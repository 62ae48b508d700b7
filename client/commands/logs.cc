#include <utility>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/names.h"
#include "client/output/job_text.h"
#include "client/output/json.h"

namespace modlab::client {
namespace {

struct LogsCommand {
  std::string id;
  bool follow = false;
  bool timestamps = false;
  int after_sequence = 0;
  v1::LogLine::Severity severity = v1::LogLine::SEVERITY_UNSPECIFIED;
};

/// Prints log lines that are severe enough.
class LogPrinter : public JobObserver {
 public:
  LogPrinter(const Session& session, const LogsCommand& command) : session_(session), command_(command) {}

  void OnJob(const v1::Job& /*job*/) override { connected_ = true; }

  void OnEvent(const v1::Event& event) override {
    if (!event.has_log() || event.log().severity() < command_.severity) return;
    session_.PrintData(session_.json() ? JsonLine(event) : LogText(event, command_.timestamps));
  }

  void OnDisconnected(const std::string& why) override {
    if (std::exchange(connected_, false)) session_.Note(LostServerText(why));
  }

 private:
  const Session& session_;
  const LogsCommand& command_;
  bool connected_ = true;
};

ExitCode Logs(Session& session, const LogsCommand& command) {
  WatchOptions options;
  options.after_sequence = command.after_sequence;
  options.to_the_end = command.follow;
  LogPrinter printer(session, command);
  return Report(session, FollowJob(session, JobName(command.id), options, printer));
}

void DefineLogs(CLI::App& app, LogsCommand& command) {
  AddJobId(app, command.id);
  app.add_flag("-f,--follow", command.follow, "Go on to the job's end, and leave with its exit code");
  AddAfter(app, command.after_sequence);
  AddChoice<v1::LogLine::Severity>(
      app, "--severity",
      {{"info", v1::LogLine::INFO}, {"warning", v1::LogLine::WARNING}, {"error", v1::LogLine::ERROR}},
      [&command](v1::LogLine::Severity severity) { command.severity = severity; },
      "Only lines that are at least so severe: info, warning or error (default: all)")
      ->option_text("SEVERITY");
  app.add_flag("--timestamps", command.timestamps, "Begin every line with its time");
}

}  // namespace

void AddLogsCommand(CLI::App& job, Action& chosen) {
  CLI::App* app =
      AddCommand<LogsCommand>(job, chosen, "logs", "Print the lines that a job has logged so far", DefineLogs, Logs);
  AddExamples(*app, {"modlab job logs abc", "modlab job logs abc --follow --timestamps",
                     "modlab job logs abc --severity warning -o jsonl | jq -r .log.text"});
}

}  // namespace modlab::client
