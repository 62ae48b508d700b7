#include "client/commands/commands.h"
#include "client/commands/graph_options.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/output/json.h"

namespace modlab::client {
namespace {

struct ScoreCommand {
  std::string subject;
  ScoreOptions score;
  std::vector<std::string> input_shapes;
  JobOptions job{.labels = {}, .priority = 0, .sharing = {}, .waiting = {.wait = true, .timeout = {}}};
  bool print_spec = false;
};

ExitCode Score(Session& session, const ScoreCommand& command) {
  ScoreOptions options = command.score;
  options.input_shapes = ParseInputShapes(command.input_shapes);
  const Deadline deadline = DeadlineAfter(command.job.waiting.timeout);

  PushOptions push;
  push.input_shapes = options.input_shapes;
  push.resources = options.resources;
  const InspectionOutcome inspected =
      AwaitInspection(session, FindOrPushModel(session, command.subject, push), deadline);
  if (inspected.code != ExitCode::kOk) return inspected.code;
  ThrowIfUnusable(inspected.model);

  const v1::JobSpec spec = ScoreJobSpec(options, inspected.model.name());
  if (command.print_spec) {
    session.PrintData(SparseJson(spec));
    return ExitCode::kOk;
  }
  return FinishOrDetach(session, CreateJob(session, spec, command.job), command.job.waiting.wait, deadline);
}

void Define(CLI::App& app, ScoreCommand& command) {
  AddModelOrFile(app, command.subject);
  app.add_option("-k,--clusters", command.score.clusters, "Number of clusters (default 8, or the preset's)")
      ->option_text("N");
  app.add_option("--restarts", command.score.restarts, "How often k-means starts anew (default 100, or the preset's)")
      ->option_text("N");
  app.add_option("--seed", command.score.seed, "Seed of everything random; the same seed gives the same numbers")
      ->option_text("N");
  app.add_option("--resolution", command.score.resolution, "Resolution of modularity (default 1)")->type_name("X");
  AddGraphOptions(app, command.score.graph);
  AddInputShapes(app, command.input_shapes);
  app.add_option("--threads", command.score.resources.threads, "Threads of computation")->option_text("N");
  AddLimits(app, command.score.resources);
  AddJobOptions(app, command.job);
  app.add_flag("--print-spec", command.print_spec,
               "Print the job that would be made, for `modlab job submit`, and stop; a file is pushed even so");
}

}  // namespace

void AddScoreCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<ScoreCommand>(app, chosen, "score", "Measure how modular a network is", Define, Score);
  AddExamples(*command, {"modlab score net.pt", "modlab score net.pt -k 4 --seed 1 -o json",
                         "modlab score cnn.pt --input-shape 1,3,32,32 --kernel-norm spectral",
                         "modlab score net.pt --preset filan",
                         "modlab score net.pt --layers 'features.*' --normalization unit-incoming",
                         "modlab score models/abc --detach -q", "modlab score abc -k 12 --print-spec > spec.json"});
}

}  // namespace modlab::client
