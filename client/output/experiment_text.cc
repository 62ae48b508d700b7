#include "client/output/experiment_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "client/names.h"
#include "client/output/columns.h"
#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/job_text.h"
#include "client/output/sharing_text.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string StateOf(const v1::Experiment& experiment) { return Lower(v1::Experiment::State_Name(experiment.state())); }

std::string JobStateText(v1::Job::State state) {
  return state == v1::Job::STATE_UNSPECIFIED ? "gone" : StateText(state);
}

/// `12 succeeded, 3 running`.
std::string CountsText(const std::map<v1::Job::State, int>& counts) {
  std::string text;
  for (const auto& [state, jobs] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", jobs, JobStateText(state));
  }
  return text;
}

std::map<v1::Job::State, int> CountsOf(const v1::Experiment& experiment) {
  std::map<v1::Job::State, int> counts;
  for (const v1::JobCount& count : experiment.counts()) counts[count.state()] = count.jobs();
  return counts;
}

double SecondsOf(const v1::ExperimentJob& job) {
  if (!job.has_start_time() || !job.has_end_time()) return 0;
  return static_cast<double>(job.end_time().seconds() - job.start_time().seconds()) +
         (job.end_time().nanos() - job.start_time().nanos()) * 1e-9;
}

/// A line for each step.
std::string StepsText(const v1::Experiment& experiment, const TextStyle& style) {
  using Align = Grid::Align;
  Grid grid({Align::kLeft, Align::kLeft, Align::kRight, Align::kLeft, Align::kRight});
  grid.Add({"step", "kind", "jobs", "states", "took"});
  for (const v1::ExperimentStep& step : experiment.spec().steps()) {
    std::map<v1::Job::State, int> counts;
    std::string kind;
    int jobs = 0;
    double seconds = 0;
    for (const v1::ExperimentJob& job : experiment.jobs()) {
      if (job.step() != step.name()) continue;
      ++jobs;
      ++counts[job.state()];
      seconds += SecondsOf(job);
      if (job.kind() != v1::Job::KIND_UNSPECIFIED) kind = Lower(v1::Job::Kind_Name(job.kind()));
    }
    grid.Add({Printable(step.name()), kind, std::to_string(jobs), CountsText(counts),
              seconds > 0 ? SecondsText(seconds) : "-"});
  }
  return grid.Text(style);
}

std::string JobsText(const v1::Experiment& experiment, const TextStyle& style) {
  using JobColumn = Column<v1::ExperimentJob>;
  using enum JobColumn::Shown;
  const std::vector<JobColumn> columns = {
      {"job", [](const v1::ExperimentJob& job) { return IdOf(job.job()); }},
      {"step", [](const v1::ExperimentJob& job) { return StepText(job); }},
      {"kind", [](const v1::ExperimentJob& job) { return Lower(v1::Job::Kind_Name(job.kind())); }},
      {"state", [](const v1::ExperimentJob& job) { return JobStateText(job.state()); }},
      {"took", [](const v1::ExperimentJob& job) { return job.has_end_time() ? SecondsText(SecondsOf(job)) : "-"; },
       kAlways, Grid::Align::kRight},
      {"error", [](const v1::ExperimentJob& job) { return Printable(job.error().message()); }, kWhereSet}};
  return ColumnsText(columns, experiment.jobs(), style);
}

}  // namespace

int JobsIn(const v1::Experiment& experiment, v1::Job::State state) {
  const auto counts = CountsOf(experiment);
  const auto found = counts.find(state);
  return found == counts.end() ? 0 : found->second;
}

std::string StepText(const v1::ExperimentJob& job) {
  std::string text = job.step();
  const std::map<std::string, std::string> values(job.values().begin(), job.values().end());
  for (const auto& [axis, value] : values) text += fmt::format(", {} {}", axis, value);
  return Printable(text);
}

std::string ExperimentProgressText(const v1::Experiment& experiment) {
  std::string text = fmt::format("{} of {} jobs done", JobsIn(experiment, v1::Job::SUCCEEDED), experiment.jobs_size());
  if (const int failed = JobsIn(experiment, v1::Job::FAILED); failed > 0) text += fmt::format(", {} failed", failed);
  const auto running = std::find_if(experiment.jobs().begin(), experiment.jobs().end(),
                                    [](const v1::ExperimentJob& job) { return job.state() == v1::Job::RUNNING; });
  if (running == experiment.jobs().end()) return text;
  text += "; " + StepText(*running);
  const v1::Progress& progress = running->progress();
  const std::string how_far = progress.detail().empty() ? progress.phase() : progress.detail();
  return how_far.empty() ? text : text + ": " + Printable(how_far);
}

std::string ExperimentText(const v1::Experiment& experiment, const TextStyle& style) {
  std::string text = Bold(Printable(experiment.display_name()), style) + "  " + IdOf(experiment.name()) + "\n";
  Facts facts(style);
  facts.Add("asks", Printable(experiment.spec().description()));
  facts.Add("state",
            StateOf(experiment) + (experiment.counts().empty() ? "" : ": " + CountsText(CountsOf(experiment))));
  for (const v1::ExperimentAxis& axis : experiment.spec().axes()) {
    std::string values;
    for (const auto& value : axis.values()) {
      values += (values.empty() ? "" : ", ") + (value.kind_case() == google::protobuf::Value::kNumberValue
                                                    ? NumberText(value.number_value())
                                                    : value.ShortDebugString());
    }
    facts.Add(axis.repeats() ? "repeats" : "varies",
              Printable(fmt::format("{} = {} ({})", axis.name(), values, axis.field())));
  }
  facts.Add("owner", Printable(experiment.owner()));
  facts.Add("shared", SharingText(experiment.sharing(), experiment.shared_with()));
  facts.Add("created", TimeText(experiment.create_time()));
  if (experiment.has_end_time()) facts.Add("ended", TimeText(experiment.end_time()));
  text += facts.text() + "\n" + (style.wide ? JobsText(experiment, style) : StepsText(experiment, style));
  for (const v1::ExperimentJob& job : experiment.jobs()) {
    if (style.wide || job.state() != v1::Job::FAILED || job.error().reason() == v1::INPUT_FAILED) continue;
    text +=
        fmt::format("\n  {} (job {}) failed: {}\n", StepText(job), IdOf(job.job()), Printable(job.error().message()));
  }
  return text;
}

std::string ExperimentListText(const google::protobuf::RepeatedPtrField<v1::Experiment>& experiments,
                               const TextStyle& style) {
  using ExperimentColumn = Column<v1::Experiment>;
  using enum ExperimentColumn::Shown;
  const std::vector<ExperimentColumn> columns = {
      {"experiment", [](const v1::Experiment& e) { return IdOf(e.name()); }},
      {"name", [](const v1::Experiment& e) { return Printable(e.display_name()); }},
      {"owner", [](const v1::Experiment& e) { return Printable(e.owner()); }, kWide},
      {"state", [](const v1::Experiment& e) { return StateOf(e); }},
      {"jobs", [](const v1::Experiment& e) { return CountsText(CountsOf(e)); }},
      {"created", [](const v1::Experiment& e) { return TimeText(e.create_time()); }},
      {"ended", [](const v1::Experiment& e) { return TimeText(e.end_time()); }, kWide}};
  return ColumnsText(columns, experiments, style);
}

}  // namespace modlab::client
