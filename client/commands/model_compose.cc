#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/names.h"
#include "client/output/composition_text.h"
#include "client/output/json.h"

namespace modlab::client {
namespace {

struct ComposeCommand {
  std::vector<std::string> parts;
  std::string head;
  v1::ComposeSpec compose;
  bool bridge = false;
  std::optional<std::int32_t> bridge_outputs;
  v1::BuildSpec::Activation bridge_activation = v1::BuildSpec::ACTIVATION_UNSPECIFIED;
  std::optional<std::uint32_t> seed;
  ResourceOptions resources;
  JobOptions job{.labels = {}, .priority = 0, .sharing = {}, .waiting = {.wait = true, .timeout = {}}};
  bool print_spec = false;
};

/// A job that makes a model stands for it.
std::string PartName(Session& session, const std::string& subject) {
  if (subject.starts_with("jobs/")) return subject;
  return FindOrPushModel(session, subject, {}).name();
}

v1::JobSpec ComposeSpecOf(Session& session, const ComposeCommand& command) {
  v1::JobSpec spec;
  if (!command.resources.empty()) command.resources.ApplyTo(*spec.mutable_resources());
  if (command.seed) spec.set_seed(*command.seed);
  v1::ComposeSpec& compose = *spec.mutable_compose();
  compose = command.compose;
  for (const std::string& part : command.parts) compose.add_parts(PartName(session, part));
  if (!command.head.empty()) compose.set_head(PartName(session, command.head));
  const bool has_activation = command.bridge_activation != v1::BuildSpec::ACTIVATION_UNSPECIFIED;
  if (command.bridge || command.bridge_outputs || has_activation) {
    v1::BridgeSpec& bridge = *compose.mutable_bridge();
    if (command.bridge_outputs) bridge.set_outputs(*command.bridge_outputs);
    bridge.set_activation(command.bridge_activation);
  }
  return spec;
}

ExitCode Compose(Session& session, const ComposeCommand& command) {
  if (command.parts.size() < 2)
    throw UsageError("a composition has two parts or more; name a model twice for two of it");
  const Deadline deadline = DeadlineAfter(command.job.waiting.timeout);
  const v1::JobSpec spec = ComposeSpecOf(session, command);
  if (command.print_spec) {
    session.PrintData(SparseJson(spec));
    return ExitCode::kOk;
  }
  const v1::Job job = CreateJob(session, spec, command.job);
  if (!command.job.waiting.wait) return FinishOrDetach(session, job, false, deadline);
  const WatchOutcome composed = AwaitJob(session, job.name(), deadline, Announce::kNo);
  if (const ExitCode code = Report(session, composed); code != ExitCode::kOk) return code;
  const InspectionOutcome inspected =
      AwaitInspection(session, GetModel(session, composed.job.result().compose().model()), deadline);
  if (inspected.code != ExitCode::kOk) return inspected.code;
  session.Print(inspected.model, IdOf(inspected.model.name()), [&](const TextStyle& style) {
    return CompositionText(inspected.model, composed.job.result().compose(), style);
  });
  ThrowIfUnusable(inspected.model);
  return ExitCode::kOk;
}

void DefineModelCompose(CLI::App& app, ComposeCommand& command) {
  Takes(
      ValueKind::kModelOrFile,
      app.add_option("PART", command.parts,
                     "The networks that are put side by side: ids of models, files, or jobs/ID of jobs that make them; "
                     "two or more, the same one more than once if you like")
          ->required());
  app.add_option_function<double>(
         "--cross", [&command](double deviation) { command.compose.set_cross_deviation(deviation); },
         "Standard deviation of the cross connections between parts (default 0: they are zero)")
      ->option_text("S");
  app.add_flag("--bridge", command.bridge,
               "Put a fresh linear layer behind the parts, with as many outputs as the head reads");
  app.add_option("--bridge-outputs", command.bridge_outputs, "The same, with so many outputs")->option_text("N");
  AddChoice<v1::BuildSpec::Activation>(
      app, "--bridge-activation",
      {{"none", v1::BuildSpec::NONE},
       {"relu", v1::BuildSpec::RELU},
       {"tanh", v1::BuildSpec::TANH},
       {"sigmoid", v1::BuildSpec::SIGMOID},
       {"gelu", v1::BuildSpec::GELU}},
      [&command](v1::BuildSpec::Activation activation) { command.bridge_activation = activation; },
      "After the bridge: none (default), relu, tanh, sigmoid or gelu")
      ->option_text("NAME");
  Takes(ValueKind::kModelOrFile, app.add_option("--head", command.head, "The network that follows"))
      ->option_text("MODEL_ID_OR_FILE");
  app.add_option("--seed", command.seed, "Seed of the bridge and of the cross connections (default 0)")
      ->option_text("N");
  app.add_option_function<std::string>(
         "--name", [&command](const std::string& name) { command.compose.set_display_name(name); },
         "What to call the model (default composed)")
      ->option_text("TEXT");
  AddLimits(app, command.resources);
  AddJobOptions(app, command.job);
  app.add_flag("--print-spec", command.print_spec, "Print the job that would be made, for `modlab job submit`");
}

}  // namespace

void AddModelComposeCommand(CLI::App& model, Action& chosen) {
  CLI::App* app = AddCommand<ComposeCommand>(model, chosen, "compose",
                                             "Put networks side by side, with a bridge and a head, into one",
                                             DefineModelCompose, Compose);
  AddExamples(*app, {"modlab model compose abc abc --bridge --head def",
                     "modlab model compose left.pt right.pt --cross 0.01 --seed 1 --name engineered",
                     "modlab train COMPOSED_ID --data xyz --pair concat --goal 'y1 + y2' --freeze-mode all"});
}

}  // namespace modlab::client
