#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/names.h"
#include "client/network_text.h"
#include "client/output/json.h"
#include "client/output/model_text.h"
#include "client/units.h"

namespace modlab::client {
namespace {

struct NewCommand {
  v1::BuildSpec build;
  std::string mlp;
  std::string cnn;
  std::optional<std::uint32_t> seed;
  ResourceOptions resources;
  JobOptions job{.labels = {}, .priority = 0, .sharing = {}, .waiting = {.wait = true, .timeout = {}}};
  bool print_spec = false;
};

v1::JobSpec BuildSpecOf(const NewCommand& command) {
  if (command.mlp.empty() == command.cnn.empty()) throw UsageError("give one of --mlp LAYERS and --cnn LAYERS");
  v1::JobSpec spec;
  if (!command.resources.empty()) command.resources.ApplyTo(*spec.mutable_resources());
  if (command.seed) spec.set_seed(*command.seed);
  *spec.mutable_build() = command.build;
  if (!command.mlp.empty()) ParseMlp(command.mlp, *spec.mutable_build());
  if (!command.cnn.empty()) ParseCnn(command.cnn, *spec.mutable_build());
  return spec;
}

ExitCode NewModel(Session& session, const NewCommand& command) {
  const v1::JobSpec spec = BuildSpecOf(command);
  if (command.print_spec) {
    session.PrintData(SparseJson(spec));
    return ExitCode::kOk;
  }
  const Deadline deadline = DeadlineAfter(command.job.waiting.timeout);
  const v1::Job job = CreateJob(session, spec, command.job);
  if (!command.job.waiting.wait) return FinishOrDetach(session, job, false, deadline);
  const WatchOutcome built = AwaitJob(session, job.name(), deadline, Announce::kNo);
  if (const ExitCode code = Report(session, built); code != ExitCode::kOk) return code;
  const InspectionOutcome inspected =
      AwaitInspection(session, GetModel(session, built.job.result().build().model()), deadline);
  if (inspected.code != ExitCode::kOk) return inspected.code;
  session.Print(inspected.model, IdOf(inspected.model.name()),
                [&](const TextStyle& style) { return ModelText(inspected.model, style); });
  ThrowIfUnusable(inspected.model);
  return ExitCode::kOk;
}

void DefineModelNew(CLI::App& app, NewCommand& command) {
  app.add_option_function<std::string>(
         "--name", [&command](const std::string& name) { command.build.set_display_name(name); },
         "What to call the model (default: mlp or cnn)")
      ->option_text("TEXT");
  app.add_option("--mlp", command.mlp, "Linear layers: numbers of units, the inputs first")->option_text("N,N,...");
  app.add_option("--cnn", command.cnn,
                 "A convolutional network: CHANNELSxHEIGHTxWIDTH of the input, then conv:CHANNELS:KERNEL[:STRIDE"
                 "[:PADDING]], pool:KERNEL[:STRIDE], avgpool:KERNEL[:STRIDE], and numbers of outputs of linear layers")
      ->option_text("LAYERS");
  const std::vector<std::pair<std::string, v1::BuildSpec::Activation>> activations = {
      {"relu", v1::BuildSpec::RELU},
      {"tanh", v1::BuildSpec::TANH},
      {"sigmoid", v1::BuildSpec::SIGMOID},
      {"gelu", v1::BuildSpec::GELU},
      {"none", v1::BuildSpec::NONE}};
  AddChoice<v1::BuildSpec::Activation>(
      app, "--activation", activations,
      [&command](v1::BuildSpec::Activation activation) { command.build.set_activation(activation); },
      "Between layers: relu (default), tanh, sigmoid, gelu or none")
      ->option_text("NAME");
  AddChoice<v1::BuildSpec::Activation>(
      app, "--output-activation", activations,
      [&command](v1::BuildSpec::Activation activation) { command.build.set_output_activation(activation); },
      "After the last layer: none (default), relu, tanh, sigmoid or gelu")
      ->option_text("NAME");
  app.add_option_function<double>(
         "--dropout", [&command](double share) { command.build.set_dropout(share); },
         "Share of the hidden units that are dropped while training (default 0)")
      ->option_text("X");
  app.add_flag_callback(
      "--batch-norm", [&command] { command.build.set_batch_norm(true); }, "A batch norm after every convolution");
  app.add_option("--seed", command.seed,
                 "Seed of the weights: those that PyTorch draws after torch.manual_seed of the same (default 0)")
      ->option_text("N");
  AddLimits(app, command.resources);
  AddJobOptions(app, command.job);
  app.add_flag("--print-spec", command.print_spec, "Print the job that would be made, for `modlab job submit`");
}

}  // namespace

void AddModelNewCommand(CLI::App& model, Action& chosen) {
  CLI::App* app = AddCommand<NewCommand>(model, chosen, "new", "Make a new network, with PyTorch's initial weights",
                                         DefineModelNew, NewModel);
  AddExamples(*app, {"modlab model new --mlp 1568,784,20,20,4,1 --seed 1",
                     "modlab model new --mlp 8,8,4,1 --activation tanh --name retina",
                     "modlab model new --cnn 1x28x28,conv:16:3,pool:2,conv:32:3,pool:2,64,10 --batch-norm"});
}

}  // namespace modlab::client
