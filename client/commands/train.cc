#include "client/commands/commands.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/names.h"
#include "client/output/json.h"
#include "client/train_text.h"

namespace modlab::client {
namespace {

struct TrainCommand {
  std::string subject;
  std::string data;
  std::string evaluation_data;
  v1::TrainSpec train;
  std::vector<std::string> vary;
  std::vector<std::string> initial;
  std::string period;
  std::vector<std::string> masks;
  std::optional<google::protobuf::Duration> checkpoint_every;
  std::vector<std::string> input_shapes;
  std::optional<std::uint32_t> seed;
  ResourceOptions resources;
  JobOptions job{.labels = {}, .priority = 0, .sharing = {}, .waiting = {.wait = true, .timeout = {}}};
  bool watch = false;
  bool print_spec = false;
};

v1::JobSpec TrainSpecOf(const TrainCommand& command, const std::string& model) {
  v1::JobSpec spec;
  if (!command.resources.empty()) command.resources.ApplyTo(*spec.mutable_resources());
  if (command.seed) spec.set_seed(*command.seed);
  v1::TrainSpec& train = *spec.mutable_train();
  train = command.train;
  train.set_model(model);
  train.set_data(DatasetName(command.data));
  if (!command.evaluation_data.empty()) train.set_evaluation_data(DatasetName(command.evaluation_data));
  for (const std::string& text : command.vary) AddVarying(text, *train.mutable_schedule());
  for (const std::string& text : command.initial) AddInitial(text, *train.mutable_schedule());
  if (!command.period.empty()) SetPeriod(command.period, *train.mutable_schedule());
  for (const std::string& text : command.masks) AddMask(text, train);
  if (command.checkpoint_every) *train.mutable_checkpoint()->mutable_every() = *command.checkpoint_every;
  const auto shapes = ParseInputShapes(command.input_shapes);
  train.mutable_input_shapes()->Assign(shapes.begin(), shapes.end());
  return spec;
}

ExitCode Train(Session& session, const TrainCommand& command) {
  const Deadline deadline = DeadlineAfter(command.job.waiting.timeout);
  TrainSpecOf(command, "models/id");  // so that what is wrong with it is said before a model is pushed
  PushOptions push;
  push.input_shapes = ParseInputShapes(command.input_shapes);
  const InspectionOutcome inspected =
      AwaitInspection(session, FindOrPushModel(session, command.subject, push), deadline);
  if (inspected.code != ExitCode::kOk) return inspected.code;
  ThrowIfUnusable(inspected.model);
  const v1::JobSpec spec = TrainSpecOf(command, inspected.model.name());
  if (command.print_spec) {
    session.PrintData(SparseJson(spec));
    return ExitCode::kOk;
  }
  const v1::Job job = CreateJob(session, spec, command.job);
  return FinishOrDetach(session, job, command.job.waiting.wait, deadline, command.watch ? Shown::kPlots : Shown::kBar);
}

// --- Options, by what they are about

void DefineTask(CLI::App& app, TrainCommand& command) {
  v1::TrainSpec& train = command.train;
  Takes(ValueKind::kDataset, app.add_option("--data", command.data, "The data set to learn from"))
      ->required()
      ->option_text("DATASET_ID");
  Takes(ValueKind::kDataset, app.add_option("--evaluation-data", command.evaluation_data,
                                            "A data set that losses and metrics are evaluated on besides"))
      ->option_text("DATASET_ID");
  app.add_option_function<double>(
         "--validation", [&train](double share) { train.set_validation_fraction(share); },
         "Or keep back this share of the samples for that (default 0)")
      ->option_text("X");
  app.add_option_function<std::uint32_t>(
         "--split-seed", [&train](std::uint32_t seed) { train.set_split_seed(seed); },
         "Seed of which samples are kept back (default 0)")
      ->option_text("N");
  AddChoice<v1::TaskSpec::Pairing>(
      app, "--pair", {{"concat", v1::TaskSpec::CONCATENATED}, {"stack", v1::TaskSpec::STACKED}},
      [&train](v1::TaskSpec::Pairing pairing) { train.mutable_task()->set_pairing(pairing); },
      "Learn pairs of samples: concat (their features one after the other) or stack (as channels)")
      ->option_text("HOW");
  app.add_option_function<std::vector<std::string>>(
         "--goal",
         [&train](const std::vector<std::string>& goals) { train.mutable_goals()->Assign(goals.begin(), goals.end()); },
         "What the network is to give: a TorchScript expression over the data's labels (`y`; of pairs `y1` and `y2`), "
         "inputs (`x`, `x0`, `x1`, ...) and parameters. Several take turns (default y)")
      ->allow_extra_args(false)
      ->option_text("EXPRESSION");
  app.add_option("--vary", command.vary,
                 "A parameter of the goal that is drawn anew at every switch: a~U(0,10) (uniform), a~N(0,1) (normal), "
                 "a~I(-3,3) (whole numbers but 0) or a~C(1,2,5) (one of these). May be repeated")
      ->allow_extra_args(false)
      ->option_text("NAME~DISTRIBUTION");
  app.add_option("--set", command.initial, "A parameter's value, or its first one where it varies (default 1)")
      ->allow_extra_args(false)
      ->option_text("NAME=X");
  app.add_option("--switch-every", command.period, "How long a goal stays: 10 (epochs) or 500steps")
      ->option_text("PERIOD");
  app.add_option_function<std::int32_t>(
         "--warmup", [&train](std::int32_t epochs) { train.mutable_schedule()->set_warmup_epochs(epochs); },
         "Epochs before the first switch (default: as long as any other goal)")
      ->option_text("N");
  app.add_option_function<std::int32_t>(
         "--final-epochs", [&train](std::int32_t epochs) { train.mutable_schedule()->set_final_epochs(epochs); },
         "Last epochs, with the final goal and the parameters' first values (default 0)")
      ->option_text("N");
  app.add_option_function<std::int32_t>(
         "--final-goal", [&train](std::int32_t goal) { train.mutable_schedule()->set_final_goal(goal); },
         "Which goal that is, counted from 0 (default 0)")
      ->option_text("N");
  app.add_flag_callback(
      "--keep-optimizer", [&train] { train.mutable_schedule()->set_keep_optimizer(true); },
      "Keep the optimiser's state at a switch, instead of beginning with a fresh one");
}

void DefineLoss(CLI::App& app, TrainCommand& command) {
  v1::TrainSpec& train = command.train;
  AddChoice<v1::LossSpec::Kind>(
      app, "--loss",
      {{"mse", v1::LossSpec::MSE},
       {"mae", v1::LossSpec::MAE},
       {"huber", v1::LossSpec::HUBER},
       {"cross-entropy", v1::LossSpec::CROSS_ENTROPY},
       {"bce", v1::LossSpec::BCE_WITH_LOGITS},
       {"nll", v1::LossSpec::NLL}},
      [&train](v1::LossSpec::Kind kind) { train.mutable_loss()->set_kind(kind); },
      "mse, mae, huber, cross-entropy, bce (of logits) or nll (default cross-entropy where the goal is a label of "
      "classes, and the network has as many outputs; else mse)")
      ->option_text("NAME");
  app.add_option_function<double>(
         "--delta", [&train](double delta) { train.mutable_loss()->set_delta(delta); },
         "Where the huber loss becomes linear (default 1)")
      ->option_text("X");
  app.add_option_function<std::string>(
         "--loss-expression",
         [&train](const std::string& text) {
           train.mutable_loss()->set_kind(v1::LossSpec::EXPRESSION);
           train.mutable_loss()->set_expression(text);
         },
         "A loss of your own: TorchScript over `output` and `target`, as ((output - target) ** 4).mean()")
      ->option_text("EXPRESSION");
  AddChoice<v1::MetricKind>(
      app, "--metric",
      {{"accuracy", v1::ACCURACY}, {"rounded-accuracy", v1::ROUNDED_ACCURACY}, {"r-squared", v1::R_SQUARED}},
      [&train](v1::MetricKind metric) { train.add_metrics(metric); },
      "What is measured besides: accuracy, rounded-accuracy or r-squared; may be repeated (default: what goes with the "
      "loss)")
      ->option_text("NAME");
}

void DefineOptimizer(CLI::App& app, TrainCommand& command) {
  v1::TrainSpec& train = command.train;
  AddChoice<v1::OptimizerSpec::Kind>(
      app, "--optimizer",
      {{"sgd", v1::OptimizerSpec::SGD},
       {"adam", v1::OptimizerSpec::ADAM},
       {"adamw", v1::OptimizerSpec::ADAMW},
       {"rmsprop", v1::OptimizerSpec::RMSPROP}},
      [&train](v1::OptimizerSpec::Kind kind) { train.mutable_optimizer()->set_kind(kind); },
      "sgd, adam (default), adamw or rmsprop, as torch.optim has them")
      ->option_text("NAME");
  app.add_option_function<double>(
         "--lr", [&train](double rate) { train.mutable_learning_rate()->set_rate(rate); },
         "Learning rate (default 0.001; sgd 0.01)")
      ->option_text("X");
  AddChoice<v1::LearningRateSpec::Schedule>(
      app, "--lr-schedule",
      {{"constant", v1::LearningRateSpec::CONSTANT},
       {"step", v1::LearningRateSpec::STEP},
       {"cosine", v1::LearningRateSpec::COSINE},
       {"one-cycle", v1::LearningRateSpec::ONE_CYCLE}},
      [&train](v1::LearningRateSpec::Schedule schedule) { train.mutable_learning_rate()->set_schedule(schedule); },
      "constant (default), step, cosine or one-cycle")
      ->option_text("NAME");
  app.add_option_function<std::int32_t>(
         "--lr-step", [&train](std::int32_t epochs) { train.mutable_learning_rate()->set_step_epochs(epochs); },
         "Epochs of a step of the schedule step (default 30)")
      ->option_text("N");
  app.add_option_function<double>(
         "--lr-gamma", [&train](double gamma) { train.mutable_learning_rate()->set_gamma(gamma); },
         "What a step multiplies the rate by (default 0.1)")
      ->option_text("X");
  app.add_option_function<std::int64_t>(
         "--lr-warmup", [&train](std::int64_t steps) { train.mutable_learning_rate()->set_warmup_steps(steps); },
         "Steps over which the rate rises at first (default 0)")
      ->option_text("N");
  const auto number = [&](const char* name, void (v1::OptimizerSpec::*set)(double), const char* description) {
    app.add_option_function<double>(
           name, [&train, set](double value) { (train.mutable_optimizer()->*set)(value); }, description)
        ->option_text("X");
  };
  number("--momentum", &v1::OptimizerSpec::set_momentum, "Of sgd and rmsprop (default 0)");
  app.add_flag_callback(
      "--nesterov", [&train] { train.mutable_optimizer()->set_nesterov(true); }, "Nesterov's momentum, of sgd");
  number("--beta1", &v1::OptimizerSpec::set_beta1, "Of adam and adamw (default 0.9)");
  number("--beta2", &v1::OptimizerSpec::set_beta2, "Of adam and adamw (default 0.999)");
  number("--epsilon", &v1::OptimizerSpec::set_epsilon, "Default 1e-8");
  number("--alpha", &v1::OptimizerSpec::set_alpha, "Of rmsprop (default 0.99)");
  number("--weight-decay", &v1::OptimizerSpec::set_weight_decay, "L2 (default 0; adamw 0.01)");
  number("--l1", &v1::OptimizerSpec::set_l1, "L1 (default 0)");
  app.add_option_function<double>(
         "--clip-norm", [&train](double norm) { train.set_clip_norm(norm); },
         "Scale gradients down to this L2 norm of all together")
      ->option_text("X");
}

void DefineLength(CLI::App& app, TrainCommand& command) {
  v1::TrainSpec& train = command.train;
  app.add_option_function<std::int32_t>(
         "--epochs", [&train](std::int32_t epochs) { train.set_epochs(epochs); }, "How long (default 10)")
      ->option_text("N");
  app.add_option_function<std::int64_t>(
         "--steps", [&train](std::int64_t steps) { train.set_steps(steps); }, "Or so many steps")
      ->option_text("N");
  app.add_option_function<std::int32_t>(
         "--batch", [&train](std::int32_t size) { train.set_batch_size(size); }, "Samples of a step (default 64)")
      ->option_text("N");
  app.add_flag_callback(
      "--no-shuffle", [&train] { train.set_shuffle(false); }, "Look at the samples as they lie, in every epoch");
  app.add_option_function<double>(
         "--stop-loss", [&train](double loss) { train.mutable_stop()->set_loss(loss); },
         "End when the loss is at most this")
      ->option_text("X");
  app.add_option_function<double>(
         "--stop-accuracy", [&train](double accuracy) { train.mutable_stop()->set_accuracy(accuracy); },
         "End when the accuracy is at least this")
      ->option_text("X");
  app.add_option_function<std::int32_t>(
         "--patience", [&train](std::int32_t epochs) { train.mutable_stop()->set_patience(epochs); },
         "End when the loss has not fallen for so many epochs")
      ->option_text("N");
}

void DefineParameters(CLI::App& app, TrainCommand& command) {
  v1::TrainSpec& train = command.train;
  app.add_option_function<std::vector<std::string>>(
         "--freeze",
         [&train](const std::vector<std::string>& patterns) {
           train.mutable_freeze()->Assign(patterns.begin(), patterns.end());
         },
         "Parameters that stay as they are, as fc1.* or *.bias; may be repeated")
      ->allow_extra_args(false)
      ->option_text("PATTERN");
  AddChoice<v1::TrainSpec::FreezeMode>(
      app, "--freeze-mode",
      {{"all", v1::TrainSpec::FREEZE_ALL},
       {"cross_free", v1::TrainSpec::FREEZE_CROSS_FREE},
       {"none", v1::TrainSpec::FREEZE_NONE}},
      [&train](v1::TrainSpec::FreezeMode mode) { train.set_freeze_mode(mode); },
      "What of a composed model stays as it is: all (parts, cross connections and head), cross_free (the same, but "
      "cross "
      "connections are trained) or none (default)")
      ->option_text("MODE");
  app.add_option(
         "--mask", command.masks,
         "Entries of a parameter that are trained: a file with 1 for these and 0 for those that stay, row after "
         "row (text, or NumPy's .npy); may be repeated")
      ->allow_extra_args(false)
      ->option_text("PARAMETER=FILE");
  app.add_option_function<double>(
         "--prune", [&train](double sparsity) { train.mutable_pruning()->set_sparsity(sparsity); },
         "Prune weights by magnitude to this share of zeros (cubic schedule, over three quarters of the epochs)")
      ->option_text("X");
  app.add_option_function<double>(
         "--clusterability", [&train](double strength) { train.mutable_regularizer()->set_strength(strength); },
         "Strength of the clusterability regulariser (Filan et al. 2021; default 0)")
      ->option_text("X");
  app.add_option_function<std::int32_t>(
         "--clusterability-eigenvalues",
         [&train](std::int32_t count) { train.mutable_regularizer()->set_eigenvalues(count); },
         "How many eigenvalues it sums (default 3)")
      ->option_text("N");
  app.add_option_function<std::int32_t>(
         "--clusterability-every",
         [&train](std::int32_t steps) { train.mutable_regularizer()->set_every_steps(steps); },
         "Steps from one application to the next (default 20)")
      ->option_text("N");
  app.add_flag_callback(
      "--rescale-units", [&train] { train.mutable_regularizer()->set_rescale_units(true); },
      "Balance ReLU units before each application, which leaves their function as it is");
  app.add_option_function<std::int32_t>(
         "--clusterable-init",
         [&train](std::int32_t clusters) { train.mutable_initialization()->set_clusters(clusters); },
         "Make the first weights clusterable: so many clusters of units, weights between them smaller")
      ->option_text("CLUSTERS");
  app.add_option_function<double>(
         "--init-outside", [&train](double factor) { train.mutable_initialization()->set_outside(factor); },
         "What weights between these clusters are multiplied by (default 0.5)")
      ->option_text("X");
  app.add_option_function<std::int32_t>(
         "--q-every", [&train](std::int32_t epochs) { train.mutable_modularity()->set_every_epochs(epochs); },
         "Measure modularity every so many epochs (default 0: never)")
      ->option_text("N");
  app.add_option_function<std::int32_t>(
         "--q-nulls", [&train](std::int32_t samples) { train.mutable_modularity()->set_null_models(samples); },
         "Null models that it is compared with (default 0)")
      ->option_text("N");
}

void DefineTrain(CLI::App& app, TrainCommand& command) {
  AddModelOrFile(app, command.subject);
  DefineTask(app, command);
  DefineLoss(app, command);
  DefineOptimizer(app, command);
  DefineLength(app, command);
  DefineParameters(app, command);
  AddDuration(app, "--checkpoint-every", command.checkpoint_every,
              "How often the state is written down that the job goes on from if it is lost (default 60s)");
  app.add_option("--seed", command.seed, "Seed of everything random; the same seed gives the same network (default 0)")
      ->option_text("N");
  app.add_option_function<std::string>(
         "--name", [&command](const std::string& name) { command.train.set_display_name(name); },
         "What to call the trained model")
      ->option_text("TEXT");
  AddInputShapes(app, command.input_shapes);
  app.add_option_function<std::string>(
         "--device", [&command](const std::string& device) { command.train.set_device(device); },
         "auto, cpu, cuda or cuda:N (default auto: a GPU where the server has one)")
      ->option_text("DEVICE");
  app.add_option("--threads", command.resources.threads, "Threads of computation")->option_text("N");
  AddLimits(app, command.resources);
  AddJobOptions(app, command.job);
  app.add_flag("--watch", command.watch, "Draw loss and modularity while waiting");
  app.add_flag("--print-spec", command.print_spec,
               "Print the job that would be made, for `modlab job submit`, and stop; a file is pushed even so");
}

}  // namespace

void AddTrainCommand(CLI::App& app, Action& chosen) {
  CLI::App* command =
      AddCommand<TrainCommand>(app, chosen, "train", "Train a network on goals that may change", DefineTrain, Train);
  AddExamples(
      *command,
      {"modlab train abc --data mnist-id --epochs 2",
       "modlab train abc --data mnist-id --pair concat --goal 'a*y1 + b*y2' --vary 'a~U(0,10)' --vary 'b~U(0,10)' \\",
       "  --switch-every 10 --warmup 100 --epochs 500 --lr 1e-3 --q-every 1 --watch",
       "modlab train abc --data retina-id --goal 'left & right' --goal 'left | right' --switch-every 20 --epochs 400",
       "modlab train net.pt --data abc --freeze 'fc1.*' --prune 0.9 --clusterability 0.1",
       "modlab train abc --data xyz --detach -q", "modlab train abc --data xyz --print-spec > spec.json"});
}

}  // namespace modlab::client
