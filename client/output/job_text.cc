#include "client/output/job_text.h"

#include <fmt/format.h>

#include "client/errors.h"
#include "client/names.h"
#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/labels_text.h"
#include "client/output/sharing_text.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string ResourcesText(const v1::Resources& resources) {
  std::string text;
  if (resources.has_threads()) text += fmt::format("{} threads", resources.threads());
  if (resources.has_memory_bytes()) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", SizeText(static_cast<double>(resources.memory_bytes())));
  }
  if (resources.has_wall_time()) {
    text += fmt::format("{}at most {}", text.empty() ? "" : ", ", SecondsText(Seconds(resources.wall_time())));
  }
  return text;
}

std::string AttemptText(const v1::Attempt& attempt) {
  std::string text = fmt::format("{}: {}, {}", attempt.number(), TimeText(attempt.start_time()),
                                 attempt.outcome().empty() ? "running" : Printable(attempt.outcome()));
  if (attempt.has_wall_time()) text += ", " + SecondsText(Seconds(attempt.wall_time()));
  if (attempt.peak_memory_bytes() > 0) text += ", " + SizeText(attempt.peak_memory_bytes());
  return text;
}

std::string SeverityText(v1::LogLine::Severity severity) {
  return severity == v1::LogLine::SEVERITY_UNSPECIFIED ? "log" : Lower(v1::LogLine::Severity_Name(severity));
}

}  // namespace

std::string TookText(const v1::Job& job) {
  if (!job.has_start_time() || !job.has_end_time()) return "-";
  const double seconds = static_cast<double>(job.end_time().seconds() - job.start_time().seconds()) +
                         (job.end_time().nanos() - job.start_time().nanos()) * 1e-9;
  return SecondsText(seconds);
}

std::string StateText(v1::Job::State state) { return Lower(v1::Job::State_Name(state)); }

const std::string& ModelOf(const v1::JobSpec& spec) {
  if (spec.has_inspect()) return spec.inspect().model();
  if (spec.has_train()) return spec.train().model();
  return spec.has_graph() ? spec.graph().model() : spec.score().model();
}

std::string JobText(const v1::Job& job, const TextStyle& style) {
  std::string text = Bold(Printable(job.name()), style) + "\n";
  Facts facts(style);
  facts.Add("kind", Lower(v1::Job::Kind_Name(job.kind())));
  facts.Add("state", StateText(job.state()));
  if (job.queue_position() > 0) facts.Add("place", fmt::format("{} in the queue", job.queue_position()));
  facts.Add("waiting for", Printable(job.waiting_for()));
  facts.Add("model", Printable(ModelOf(job.spec())));
  facts.Add("made", Printable(job.result().build().model()));
  facts.Add("made", Printable(job.result().train().model()));
  facts.Add("made", Printable(job.result().compose().model()));
  const v1::JobSpec& spec = job.spec();
  facts.Add("data set", Printable(spec.has_train() ? spec.train().data() : spec.import_dataset().dataset()));
  facts.Add("labels", LabelsText(job.labels()));
  if (job.priority() != 0) facts.Add("priority", std::to_string(job.priority()));
  facts.Add("resources", ResourcesText(job.spec().resources()));
  facts.Add("owner", Printable(job.owner()));
  facts.Add("shared", SharingText(job.sharing(), job.shared_with()));
  facts.Add("created", TimeText(job.create_time()));
  if (job.has_start_time()) facts.Add("started", TimeText(job.start_time()));
  if (job.has_end_time()) facts.Add("ended", fmt::format("{}, after {}", TimeText(job.end_time()), TookText(job)));
  for (const v1::Attempt& attempt : job.attempts()) facts.Add("attempt", AttemptText(attempt));
  if (job.attempts_size() > 0) facts.Add("sandbox", Printable(job.attempts().rbegin()->sandbox()));
  if (job.has_error()) facts.Add("error", Describe("failed", job.error()));
  return text + facts.text();
}

std::string EventText(const v1::Event& event) {
  std::string what;
  switch (event.kind_case()) {
    case v1::Event::kState:
      what = StateText(event.state().state());
      if (!event.state().message().empty()) what += ": " + Printable(event.state().message());
      break;
    case v1::Event::kLog:
      what = fmt::format("{}: {}", SeverityText(event.log().severity()), Printable(event.log().text()));
      break;
    case v1::Event::kMetric:
      what =
          fmt::format("{}[{}] = {:g}", Printable(event.metric().name()), event.metric().step(), event.metric().value());
      break;
    default:
      return "";
  }
  return fmt::format("{}  {}\n", TimeText(event.time()), what);
}

std::string LogText(const v1::Event& event, bool timestamps) {
  const v1::LogLine& line = event.log();
  const std::string severity = line.severity() >= v1::LogLine::WARNING ? SeverityText(line.severity()) + ": " : "";
  const std::string time = timestamps ? TimeText(event.time()) + "  " : "";
  return time + severity + Printable(line.text()) + '\n';
}

std::string ArtifactListText(const v1::ListArtifactsResponse& artifacts, const TextStyle& style) {
  using enum Grid::Align;
  Grid grid({kLeft, kRight, kLeft});
  grid.Add({"artifact", "size", "sha256"});
  for (const v1::Artifact& artifact : artifacts.artifacts()) {
    grid.Add({Printable(artifact.name()), SizeText(static_cast<double>(artifact.size_bytes())),
              ShortDigest(artifact.sha256())});
  }
  return grid.Text(style);
}

}  // namespace modlab::client
