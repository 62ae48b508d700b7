#include "client/commands/commands.h"
#include "client/commands/graph_options.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/integer_file.h"
#include "client/output/json.h"

namespace modlab::client {
namespace {

struct ScoreCommand {
  std::string subject;
  ScoreOptions score;
  std::string clusters;
  std::string resolution;
  std::string planted;
  std::vector<std::string> input_shapes;
  JobOptions job{.labels = {}, .priority = 0, .sharing = {}, .waiting = {.wait = true, .timeout = {}}};
  bool print_spec = false;
};

ExitCode Score(Session& session, const ScoreCommand& command) {
  ScoreOptions options = command.score;
  options.input_shapes = ParseInputShapes(command.input_shapes);
  if (!command.clusters.empty()) options.clusters = ParseClusterCount(command.clusters);
  if (!command.resolution.empty()) options.resolution = ParseResolution(command.resolution);
  options.planted_composition = command.planted == "composition";
  if (!command.planted.empty() && !options.planted_composition) options.planted = ReadPartitionFile(command.planted);
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

void DefineScore(CLI::App& app, ScoreCommand& command) {
  AddModelOrFile(app, command.subject);
  AddChoice<v1::Partition::Method>(
      app, "--method",
      {{"spectral", v1::Partition::SPECTRAL}, {"leiden", v1::Partition::LEIDEN}, {"planted", v1::Partition::PLANTED}},
      [&command](v1::Partition::Method method) { command.score.methods.push_back(method); },
      "How to find clusters: spectral, leiden or planted. May be given several times (default spectral and leiden, or "
      "as the preset has it)")
      ->option_text("NAME");
  app.add_option(
         "-k,--clusters", command.clusters,
         "Number of clusters of spectral clustering: 4, or that of highest modularity of a range: 2..16; auto is "
         "that range (default auto, or the preset's)")
      ->option_text("N|A..B|auto");
  app.add_option("--restarts", command.score.restarts,
                 "How often k-means starts anew (default 100, 20 for each number of a range, or the preset's)")
      ->option_text("N");
  app.add_flag("--normalize-rows", command.score.normalize_rows,
               "Give each unit's row of the eigenvectors length 1 before k-means (Ng, Jordan and Weiss)");
  AddChoice<v1::Modularity::Objective>(
      app, "--objective",
      {{"newman", v1::Modularity::NEWMAN},
       {"directed", v1::Modularity::DIRECTED},
       {"layer-pair", v1::Modularity::LAYER_PAIR},
       {"signed", v1::Modularity::SIGNED}},
      [&command](v1::Modularity::Objective objective) { command.score.objective = objective; },
      "The modularity that Leiden maximises: newman (default), directed, layer-pair or signed (positive weights "
      "inside clusters, negative ones between them)")
      ->option_text("NAME");
  app.add_option("--leiden-restarts", command.score.leiden_restarts,
                 "How often Leiden starts anew (default 50, 10 or 5 by size)")
      ->option_text("N");
  Takes(ValueKind::kFile,
        app.add_option(
            "--planted", command.planted,
            "A partition that is known beforehand: a file with a label for each unit, layer by layer (text, or "
            "NumPy's .npy), or `composition`, which unit is of which part of a composed model"))
      ->option_text("FILE|composition");
  app.add_option_function<std::int32_t>(
         "--nulls", [&command](std::int32_t samples) { command.score.nulls.set_samples(samples); },
         "How many null models to compare with, 0 for none (default 100; 20 above 5 million edges, none above 100 "
         "million; 50 with the presets filan and hod)")
      ->option_text("N");
  AddChoice<v1::NullSpec::Model>(
      app, "--null-model",
      {{"layer", v1::NullSpec::LAYER},
       {"layer-nonzero", v1::NullSpec::LAYER_NONZERO},
       {"degree", v1::NullSpec::DEGREE},
       {"random-init", v1::NullSpec::RANDOM_INIT}},
      [&command](v1::NullSpec::Model model) { command.score.nulls.set_model(model); },
      "What a null model is: layer (default; each layer's weights permuted), layer-nonzero (those other than zero "
      "among their places), degree (the same, with the units' strengths kept) or random-init (fresh weights)")
      ->option_text("NAME");
  app.add_option_function<std::int32_t>(
         "--stop-at", [&command](std::int32_t count) { command.score.nulls.set_exceedances(count); },
         "Draw no more null models once so many have reached what was observed (Besag and Clifford)")
      ->option_text("N");
  app.add_option("--stability", command.score.stability_runs,
                 "How many partitions, found with different seeds, to compare; 0 for none (default 5)")
      ->option_text("R");
  app.add_option("--seed", command.score.seed, "Seed of everything random; the same seed gives the same numbers")
      ->option_text("N");
  app.add_option(
         "--resolution", command.resolution,
         "Resolution of modularity (default 1). Of a range, as 0.2..3, Leiden looks for what stays the same over "
         "many resolutions, beside the partition at 1")
      ->option_text("X|A..B");
  app.add_option("--resolution-steps", command.score.resolution_steps,
                 "How many resolutions of that range, evenly spaced in their logarithm (default 40)")
      ->option_text("N");
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
  CLI::App* command =
      AddCommand<ScoreCommand>(app, chosen, "score", "Measure how modular a network is", DefineScore, Score);
  AddExamples(
      *command,
      {"modlab score net.pt", "modlab score net.pt -k 4 --seed 1 -o json",
       "modlab score net.pt --method spectral -k 2..32 --nulls 1000 --stop-at 10",
       "modlab score net.pt --method leiden --objective layer-pair --null-model degree",
       "modlab score net.pt --method leiden --resolution 0.2..3",
       "modlab score net.pt --planted labels.txt --stability 20", "modlab score abc --planted composition",
       "modlab score cnn.pt --input-shape 1,3,32,32 --kernel-norm spectral", "modlab score net.pt --preset filan",
       "modlab score net.pt --layers 'features.*' --normalization unit-incoming", "modlab score models/abc --detach -q",
       "modlab score abc -k 12 --print-spec > spec.json"});
}

}  // namespace modlab::client
