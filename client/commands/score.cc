#include <fmt/format.h>

#include <filesystem>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/names.h"
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

bool IsFile(const std::string& subject) {
  if (subject.starts_with("models/")) return false;
  std::error_code error;
  // What looks like a path is one even if nothing is there: the error then says so.
  return std::filesystem::exists(subject, error) || subject.find_first_of("/.") != std::string::npos;
}

v1::Model FindModel(Session& session, const std::string& subject, const ScoreOptions& options) {
  if (IsFile(subject)) {
    PushOptions push;
    push.input_shapes = options.input_shapes;
    push.resources = options.resources;
    return PushModel(session, subject, push);
  }
  try {
    return GetModel(session, ModelName(subject));
  } catch (const Failure& failure) {
    if (failure.code() != ExitCode::kNotFound) throw;
    throw Failure(failure.code(), fmt::format("{} (nor is there a file {} here)", failure.what(), subject));
  }
}

ExitCode Score(Session& session, const ScoreCommand& command) {
  ScoreOptions options = command.score;
  options.input_shapes = ParseInputShapes(command.input_shapes);
  const Deadline deadline = DeadlineAfter(command.job.waiting.timeout);

  const InspectionOutcome inspected = AwaitInspection(session, FindModel(session, command.subject, options), deadline);
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
  Takes(ValueKind::kModelOrFile,
        app.add_option("MODEL_ID_OR_FILE", command.subject,
                       "A model on the server (`models/abc`, or `abc`), or a TorchScript file, which is pushed first"))
      ->required();
  app.add_option("-k,--clusters", command.score.clusters, "Number of clusters (default 8)")->option_text("N");
  app.add_option("--restarts", command.score.restarts, "How often k-means starts anew (default 100)")->option_text("N");
  app.add_option("--seed", command.score.seed, "Seed of everything random; the same seed gives the same numbers")
      ->option_text("N");
  app.add_option("--resolution", command.score.resolution, "Resolution of modularity (default 1)")->type_name("X");
  AddChoice<v1::GraphOptions::KernelNorm>(
      app, "--kernel-norm",
      {{"l1", v1::GraphOptions::L1},
       {"l2", v1::GraphOptions::L2},
       {"max-column-sum", v1::GraphOptions::MAX_COLUMN_SUM},
       {"spectral", v1::GraphOptions::SPECTRAL},
       {"mean-abs", v1::GraphOptions::MEAN_ABS}},
      [&command](v1::GraphOptions::KernelNorm norm) { command.score.kernel_norm = norm; },
      "How a convolution's kernel becomes one weight: l1 (default), l2, max-column-sum, spectral or mean-abs")
      ->option_text("NORM");
  app.add_flag_callback(
      "--no-fold-batch-norm", [&command] { command.score.fold_batch_norm = false; },
      "Read the weights as they are, without the scales of batch norms");
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
                         "modlab score models/abc --detach -q", "modlab score abc -k 12 --print-spec > spec.json"});
}

}  // namespace modlab::client
