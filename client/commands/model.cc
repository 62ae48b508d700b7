#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/model_flow.h"
#include "client/commands/options.h"
#include "client/commands/paging.h"
#include "client/commands/save.h"
#include "client/names.h"
#include "client/output/model_text.h"
#include "client/transfer.h"
#include "client/units.h"

namespace modlab::client {
namespace {

struct PushModelCommand {
  std::string file;
  PushOptions push;
  std::vector<std::string> input_shapes;
  WaitOptions waiting{.wait = true, .timeout = {}};
};

ExitCode PushModel(Session& session, const PushModelCommand& command) {
  PushOptions options = command.push;
  options.input_shapes = ParseInputShapes(command.input_shapes);
  const Deadline deadline = DeadlineAfter(command.waiting.timeout);
  v1::Model model = PushModel(session, command.file, options);
  if (command.waiting.wait) {
    const InspectionOutcome inspected = AwaitInspection(session, model, deadline);
    if (inspected.code != ExitCode::kOk) return inspected.code;
    model = inspected.model;
  }
  session.Print(model, IdOf(model.name()), [&](const TextStyle& style) { return ModelText(model, style); });
  ThrowIfUnusable(model);
  return ExitCode::kOk;
}

void AddPushModel(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, PushModelCommand& command) {
    Takes(ValueKind::kFile,
          app.add_option("FILE", command.file, "A TorchScript archive, as torch.jit.save writes it")->required());
    app.add_option("--name", command.push.display_name, "What to call the model (default: the file's name)");
    AddLabels(app, command.push.labels, "A label for the model; may be repeated");
    AddSharing(app, command.push.sharing);
    AddInputShapes(app, command.input_shapes);
    AddLimits(app, command.push.resources);
    AddWaiting(app, command.waiting);
  };
  CLI::App* app = AddCommand<PushModelCommand>(
      family, chosen, "push", "Send a model to the server, which loads and describes it", define, PushModel);
  AddExamples(*app, {"modlab model push net.pt", "modlab model push net.pt --name baseline --label run=7",
                     "modlab model push cnn.pt --input-shape 1,1,28,28"});
}

struct ListModelsCommand {
  std::vector<std::string> labels;
  int limit = 50;
};

ExitCode ListModels(Session& session, const ListModelsCommand& command) {
  v1::ListModelsRequest request;
  for (const auto& [key, value] : ParseLabels(command.labels)) (*request.mutable_labels())[key] = value;
  const v1::ListModelsResponse models =
      ListUpTo(session.Connect(), &v1::ModelService::Stub::ListModels, request, command.limit,
               [](const v1::ListModelsResponse& response) { return response.models_size(); });
  session.PrintList(models, models.models(),
                    [&](const TextStyle& style) { return ModelListText(models.models(), style); });
  if (!models.next_page_token().empty()) session.Note("there are more; --limit 0 lists all");
  return ExitCode::kOk;
}

void AddListModels(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, ListModelsCommand& command) {
    AddLabels(app, command.labels, "Only models with this label; may be repeated");
    AddLimit(app, command.limit);
  };
  CLI::App* app =
      AddCommand<ListModelsCommand>(family, chosen, "list", "List models, newest first", define, ListModels);
  AddExamples(*app, {"modlab model list", "modlab model list -o wide", "modlab model list --label run=7 -o json"});
}

struct NamedModel {
  std::string id;
};

ExitCode ShowModel(Session& session, const NamedModel& command) {
  const v1::Model model = GetModel(session, ModelName(command.id));
  session.Print(model, IdOf(model.name()), [&](const TextStyle& style) { return ModelText(model, style); });
  return ExitCode::kOk;
}

void AddShowModel(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedModel& command) { AddModelId(app, command.id); };
  CLI::App* app = AddCommand<NamedModel>(family, chosen, "show", "Show a model and its layers", define, ShowModel);
  AddExamples(*app, {"modlab model show abc", "modlab model show abc -o json"});
}

struct PullModelCommand {
  std::string id;
  SaveOptions save;
};

ExitCode PullModel(Session& session, const PullModelCommand& command) {
  const v1::Model model = GetModel(session, ModelName(command.id));
  Save(session, command.save, model.display_name(), [&](OutputFile& output, const TransferOptions& options) {
    DownloadModel(session.Connect(), model, output, options);
  });
  return ExitCode::kOk;
}

void AddPullModel(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, PullModelCommand& command) {
    AddModelId(app, command.id);
    AddSaving(app, command.save);
  };
  CLI::App* app = AddCommand<PullModelCommand>(family, chosen, "pull", "Fetch a model's file, as it was pushed or made",
                                               define, PullModel);
  AddExamples(*app, {"modlab model pull abc", "modlab model pull abc --to copy.pt"});
}

struct NamedModels {
  std::vector<std::string> ids;
};

ExitCode DeleteModel(Session& session, const NamedModels& command) {
  for (const std::string& id : command.ids) {
    v1::DeleteModelRequest request;
    request.set_name(ModelName(id));
    const bool deleted = session.Connect()
                             .CallUnlessDone(&v1::ModelService::Stub::DeleteModel, request, v1::RESOURCE_NOT_FOUND)
                             .has_value();
    session.Note(deleted ? "deleted " + request.name() : request.name() + " is not there any more");
  }
  return ExitCode::kOk;
}

void AddDeleteModel(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedModels& command) {
    Takes(ValueKind::kModel,
          app.add_option("MODEL_ID", command.ids, "`models/abc`, or `abc`; several may be given")->required());
  };
  CLI::App* app = AddCommand<NamedModels>(family, chosen, "delete",
                                          "Delete models; results of their finished jobs stay", define, DeleteModel);
  AddExamples(*app, {"modlab model delete abc"});
}

}  // namespace

void AddModelCommands(CLI::App& app, Action& chosen) {
  CLI::App* family = app.add_subcommand("model", "Push, make, list, show, pull, share and delete models");
  family->require_subcommand(1);
  AddPushModel(*family, chosen);
  AddModelNewCommand(*family, chosen);
  AddModelComposeCommand(*family, chosen);
  AddListModels(*family, chosen);
  AddShowModel(*family, chosen);
  AddPullModel(*family, chosen);
  AddShareCommand(
      *family, chosen, "model", ValueKind::kModel,
      [](Session& session, const std::string& id, const ShareOptions& options) {
        const v1::Model model =
            session.Connect().CallWithRetries(&v1::ModelService::Stub::ShareModel, options.RequestFor(ModelName(id)));
        session.Print(model, IdOf(model.name()), [&](const TextStyle& style) { return ModelText(model, style); });
      });
  AddDeleteModel(*family, chosen);
}

}  // namespace modlab::client
