#include <fmt/format.h>

#include <filesystem>

#include "client/commands/artifact_flow.h"
#include "client/commands/commands.h"
#include "client/commands/graph_options.h"
#include "client/commands/job_flow.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

using Format = v1::GraphSpec::Format;

struct GraphCommand {
  std::string subject;
  GraphChoice graph;
  std::vector<std::string> input_shapes;
  Format format = v1::GraphSpec::FORMAT_UNSPECIFIED;
  std::optional<std::int64_t> top;
  ResourceOptions resources;
  SaveOptions save;
};

/// The format that was asked for, or that the file's name ends with.
Format FormatOf(const GraphCommand& command) {
  if (command.format != v1::GraphSpec::FORMAT_UNSPECIFIED) return command.format;
  const std::string extension = std::filesystem::path(command.save.to).extension().string();
  if (extension == ".graphml") return v1::GraphSpec::GRAPHML;
  if (extension == ".csv") return v1::GraphSpec::EDGES_CSV;
  if (extension == ".npz") return v1::GraphSpec::BLOCKS_NPZ;
  throw UsageError(
      fmt::format("what format is {} to be in? Name it .graphml, .csv or .npz, or give --format graphml, csv or npz",
                  command.save.to));
}

ExitCode Graph(Session& session, const GraphCommand& command) {
  v1::JobSpec spec;
  v1::GraphSpec& graph = *spec.mutable_graph();
  graph.set_format(FormatOf(command));
  OutputFile(command.save.to, command.save.overwrite);  // so that what is wrong with it is said before the work
  PushOptions push;
  push.input_shapes = ParseInputShapes(command.input_shapes);
  push.resources = command.resources;
  const Deadline deadline = DeadlineAfter({});
  const InspectionOutcome inspected =
      AwaitInspection(session, FindOrPushModel(session, command.subject, push), deadline);
  if (inspected.code != ExitCode::kOk) return inspected.code;
  ThrowIfUnusable(inspected.model);

  graph.set_model(inspected.model.name());
  graph.mutable_input_shapes()->Assign(push.input_shapes.begin(), push.input_shapes.end());
  *graph.mutable_graph() = command.graph.options;
  graph.set_preset(command.graph.preset);
  if (command.top) graph.set_top(*command.top);
  if (!command.resources.empty()) command.resources.ApplyTo(*spec.mutable_resources());
  const WatchOutcome outcome =
      AwaitJob(session, CreateJob(session, spec, JobOptions{}).name(), deadline, Announce::kYes);
  const ExitCode code = Report(session, outcome);
  if (code != ExitCode::kOk) return code;
  const v1::GraphResult& made = outcome.job.result().graph();
  for (const std::string& warning : made.graph().warnings()) session.Note(Printable(warning));
  FetchArtifact(session, outcome.job.name(), made.artifact(), command.save);
  return ExitCode::kOk;
}

void DefineGraph(CLI::App& app, GraphCommand& command) {
  AddModelOrFile(app, command.subject);
  Takes(ValueKind::kFile, app.add_option("-o,--to", command.save.to,
                                         "File to write: .graphml, .csv (edges) or .npz (blocks, for NumPy); - for "
                                         "standard output"))
      ->required()
      ->option_text("FILE");
  app.add_flag("--overwrite", command.save.overwrite, "Replace the file if it exists");
  AddChoice<Format>(
      app, "--format",
      {{"graphml", v1::GraphSpec::GRAPHML}, {"csv", v1::GraphSpec::EDGES_CSV}, {"npz", v1::GraphSpec::BLOCKS_NPZ}},
      [&command](Format format) { command.format = format; },
      "graphml, csv or npz, where the file's name does not tell")
      ->option_text("FORMAT");
  app.add_option("--top", command.top, "Only the N heaviest edges (and those as heavy as the lightest of these)")
      ->option_text("N");
  AddGraphOptions(app, command.graph);
  AddInputShapes(app, command.input_shapes);
  app.add_option("--threads", command.resources.threads, "Threads of computation")->option_text("N");
  AddLimits(app, command.resources);
}

}  // namespace

void AddGraphCommand(CLI::App& app, Action& chosen) {
  CLI::App* command = AddCommand<GraphCommand>(app, chosen, "graph", "Write a network as a graph, for other programs",
                                               DefineGraph, Graph);
  AddExamples(*command, {"modlab graph net.pt -o net.graphml", "modlab graph models/abc -o edges.csv --top 100000",
                         "modlab graph net.pt -o blocks.npz --normalization unit-incoming",
                         "modlab graph cnn.pt --preset filan -o cnn.graphml"});
}

}  // namespace modlab::client
