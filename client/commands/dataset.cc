#include <fmt/format.h>

#include "client/commands/commands.h"
#include "client/commands/dataset_flow.h"
#include "client/commands/options.h"
#include "client/commands/paging.h"
#include "client/commands/save.h"
#include "client/names.h"
#include "client/output/dataset_text.h"
#include "client/transfer.h"
#include "client/units.h"

namespace modlab::client {
namespace {

void PrintDataset(Session& session, const v1::Dataset& dataset) {
  session.Print(dataset, IdOf(dataset.name()), [&](const TextStyle& style) { return DatasetText(dataset, style); });
}

/// Waits for the import where that is wanted, and prints the data set.
ExitCode FinishDataset(Session& session, v1::Dataset dataset, bool wait, const Deadline& deadline) {
  if (wait) {
    const ImportOutcome imported = AwaitImport(session, dataset, deadline);
    if (imported.code != ExitCode::kOk) return imported.code;
    dataset = imported.dataset;
  }
  PrintDataset(session, dataset);
  ThrowIfUnusable(dataset);
  return ExitCode::kOk;
}

/// What `push` and `new` have in common.
struct MakingOptions {
  DatasetOptions dataset;
  WaitOptions waiting{.wait = true, .timeout = {}};
};

void AddMaking(CLI::App& app, MakingOptions& options) {
  v1::InputNormalization& normalization = options.dataset.normalization;
  app.add_option_function<double>(
         "--scale", [&normalization](double scale) { normalization.set_scale(scale); },
         "What the inputs are multiplied by (default 1/255 for bytes of which some are over 1, else 1)")
      ->option_text("X");
  app.add_option_function<double>(
         "--mean", [&normalization](double mean) { normalization.set_mean(mean); },
         "What is subtracted from the scaled inputs (default 0)")
      ->option_text("X");
  app.add_option_function<double>(
         "--sd", [&normalization](double sd) { normalization.set_sd(sd); },
         "What they are divided by after that (default 1)")
      ->option_text("X");
  app.add_flag_callback(
      "--standardize", [&normalization] { normalization.set_standardize(true); },
      "Take the mean and standard deviation of all inputs");
  AddLabels(app, options.dataset.labels, "A label for the data set; may be repeated");
  AddSharing(app, options.dataset.sharing);
  AddLimits(app, options.dataset.resources);
  AddWaiting(app, options.waiting);
}

struct PushDatasetCommand {
  std::string inputs;
  std::string targets;
  std::vector<std::string> tensors;
  MakingOptions making;
};

ExitCode PushDataset(Session& session, const PushDatasetCommand& command) {
  std::vector<TensorArgument> tensors = {ParseTensorFile("x", command.inputs)};
  if (!command.targets.empty()) tensors.push_back(ParseTensorFile("y", command.targets));
  for (const std::string& text : command.tensors) tensors.push_back(ParseNamedTensor(text));
  const Deadline deadline = DeadlineAfter(command.making.waiting.timeout);
  return FinishDataset(session, PushDataset(session, tensors, command.making.dataset), command.making.waiting.wait,
                       deadline);
}

void AddPushDataset(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, PushDatasetCommand& command) {
    app.add_option("NAME", command.making.dataset.display_name, "What to call the data set")->required();
    Takes(ValueKind::kFile, app.add_option("--inputs", command.inputs,
                                           "The inputs, a row for each sample: IDX, .npy, .npz, CSV with a header, or "
                                           "safetensors; IDX, .npy and CSV also compressed by gzip. MEMBER is the "
                                           "array in an .npz or safetensors file, or columns of a CSV file"))
        ->required()
        ->option_text("FILE[:MEMBER]");
    Takes(ValueKind::kFile, app.add_option("--targets", command.targets, "The labels, called `y` in goals"))
        ->option_text("FILE[:MEMBER]");
    app.add_option_function<std::string>(
           "--rows", [&command](const std::string& rows) { ParseRows(rows, command.making.dataset); },
           "Only these rows of each file, counted from 0 (default all)")
        ->option_text("FIRST..END");
    Takes(
        ValueKind::kFile,
        app.add_option("--tensor", command.tensors, "More labels, under a name of their own")->allow_extra_args(false))
        ->option_text("NAME=FILE[:MEMBER]");
    AddMaking(app, command.making);
  };
  CLI::App* app = AddCommand<PushDatasetCommand>(
      family, chosen, "push", "Send data to the server, which checks and describes it", define, PushDataset);
  AddExamples(*app,
              {"modlab dataset push mnist --inputs train-images-idx3-ubyte.gz --targets train-labels-idx1-ubyte.gz",
               "modlab dataset push cells --inputs cells.csv:'gene*' --targets cells.csv:kind --standardize",
               "modlab dataset push digits --inputs digits.npz:images --targets digits.npz:labels --scale 0.0625",
               "modlab dataset push first --inputs x.npy --targets y.npy --rows 0..1500"});
}

struct NewDatasetCommand {
  MakingOptions making;
  std::optional<std::int32_t> bits;
  bool retina = false;
  std::optional<std::int32_t> one_hot_pairs;
  std::string pairs;
  std::optional<std::int32_t> samples;
  bool stacked = false;
  std::optional<std::uint32_t> seed;
};

v1::DatasetSource SourceOf(const NewDatasetCommand& command) {
  const int given = (command.bits ? 1 : 0) + (command.retina ? 1 : 0) + (command.one_hot_pairs ? 1 : 0) +
                    (command.pairs.empty() ? 0 : 1);
  if (given != 1) throw UsageError("give one of --bits N, --retina, --one-hot-pairs N and --pairs DATASET_ID");
  if (command.pairs.empty() && (command.samples || command.stacked || command.seed)) {
    throw UsageError("--samples, --stacked and --seed are for --pairs");
  }
  v1::DatasetSource source;
  if (command.bits) {
    source.mutable_bit_vectors()->set_bits(*command.bits);
  } else if (command.retina) {
    source.mutable_retina();
  } else if (command.one_hot_pairs) {
    source.mutable_one_hot_pairs()->set_classes(*command.one_hot_pairs);
  } else {
    if (!command.samples) throw UsageError("--pairs needs --samples N: how many pairs to draw");
    v1::DigitPairs& pairs = *source.mutable_digit_pairs();
    pairs.set_dataset(DatasetName(command.pairs));
    pairs.set_samples(*command.samples);
    if (command.stacked) pairs.set_layout(v1::DigitPairs::STACKED);
    pairs.set_seed(command.seed.value_or(0));
  }
  return source;
}

ExitCode NewDataset(Session& session, const NewDatasetCommand& command) {
  const Deadline deadline = DeadlineAfter(command.making.waiting.timeout);
  const v1::Dataset dataset = CreateDataset(session, SourceOf(command), command.making.dataset);
  return FinishDataset(session, dataset, command.making.waiting.wait, deadline);
}

void AddNewDataset(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NewDatasetCommand& command) {
    app.add_option("NAME", command.making.dataset.display_name, "What to call it (default: after what it is)");
    app.add_option("--bits", command.bits, "All vectors of so many bits, 1 to 20; goals call them x0, x1, ...")
        ->option_text("N");
    app.add_flag("--retina", command.retina,
                 "Kashtan and Alon's: all 256 patterns of 4 x 2 pixels, with labels `left` and `right`");
    app.add_option("--one-hot-pairs", command.one_hot_pairs,
                   "All pairs of one-hot vectors of so many elements, with labels `y1` and `y2`")
        ->option_text("N");
    Takes(ValueKind::kDataset,
          app.add_option("--pairs", command.pairs, "Pairs of this data set's samples, with labels `y1` and `y2`"))
        ->option_text("DATASET_ID");
    app.add_option("--samples", command.samples, "How many pairs to draw")->option_text("N");
    app.add_flag("--stacked", command.stacked, "The two as channels, not their features one after the other");
    app.add_option("--seed", command.seed, "Seed of the drawing (default 0)")->option_text("N");
    AddMaking(app, command.making);
  };
  CLI::App* app =
      AddCommand<NewDatasetCommand>(family, chosen, "new", "Let the server generate a data set", define, NewDataset);
  AddExamples(*app, {"modlab dataset new --retina", "modlab dataset new circuits --bits 4",
                     "modlab dataset new pairs --pairs abc --samples 30000 --seed 1"});
}

struct ListDatasetsCommand {
  std::vector<std::string> labels;
  int limit = 50;
};

ExitCode ListDatasets(Session& session, const ListDatasetsCommand& command) {
  v1::ListDatasetsRequest request;
  for (const auto& [key, value] : ParseLabels(command.labels)) (*request.mutable_labels())[key] = value;
  const v1::ListDatasetsResponse datasets =
      ListUpTo(session.Connect(), &v1::DatasetService::Stub::ListDatasets, request, command.limit,
               [](const v1::ListDatasetsResponse& response) { return response.datasets_size(); });
  session.PrintList(datasets, datasets.datasets(),
                    [&](const TextStyle& style) { return DatasetListText(datasets.datasets(), style); });
  if (!datasets.next_page_token().empty()) session.Note("there are more; --limit 0 lists all");
  return ExitCode::kOk;
}

void AddListDatasets(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, ListDatasetsCommand& command) {
    AddLabels(app, command.labels, "Only data sets with this label; may be repeated");
    AddLimit(app, command.limit);
  };
  CLI::App* app =
      AddCommand<ListDatasetsCommand>(family, chosen, "list", "List data sets, newest first", define, ListDatasets);
  AddExamples(*app, {"modlab dataset list", "modlab dataset list -o wide"});
}

struct NamedDataset {
  std::string id;
};

ExitCode ShowDataset(Session& session, const NamedDataset& command) {
  PrintDataset(session, GetDataset(session, DatasetName(command.id)));
  return ExitCode::kOk;
}

void AddShowDataset(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedDataset& command) { AddDatasetId(app, command.id); };
  CLI::App* app =
      AddCommand<NamedDataset>(family, chosen, "show", "Show a data set and its tensors", define, ShowDataset);
  AddExamples(*app, {"modlab dataset show abc", "modlab dataset show abc -o json"});
}

struct PullDatasetCommand {
  std::string id;
  SaveOptions save;
};

ExitCode PullDataset(Session& session, const PullDatasetCommand& command) {
  const v1::Dataset dataset = GetDataset(session, DatasetName(command.id));
  Save(session, command.save, dataset.display_name() + ".safetensors",
       [&](OutputFile& output, const TransferOptions& options) {
         DownloadDataset(session.Connect(), dataset, output, options);
       });
  return ExitCode::kOk;
}

void AddPullDataset(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, PullDatasetCommand& command) {
    AddDatasetId(app, command.id);
    AddSaving(app, command.save);
  };
  CLI::App* app = AddCommand<PullDatasetCommand>(family, chosen, "pull", "Fetch a data set, as one safetensors file",
                                                 define, PullDataset);
  AddExamples(*app, {"modlab dataset pull abc", "modlab dataset pull abc --to mnist.safetensors"});
}

struct NamedDatasets {
  std::vector<std::string> ids;
};

ExitCode DeleteDataset(Session& session, const NamedDatasets& command) {
  for (const std::string& id : command.ids) {
    v1::DeleteDatasetRequest request;
    request.set_name(DatasetName(id));
    const bool deleted = session.Connect()
                             .CallUnlessDone(&v1::DatasetService::Stub::DeleteDataset, request, v1::RESOURCE_NOT_FOUND)
                             .has_value();
    session.Note(deleted ? "deleted " + request.name() : request.name() + " is not there any more");
  }
  return ExitCode::kOk;
}

void AddDeleteDataset(CLI::App& family, Action& chosen) {
  const auto define = [](CLI::App& app, NamedDatasets& command) {
    Takes(ValueKind::kDataset,
          app.add_option("DATASET_ID", command.ids, "`datasets/abc`, or `abc`; several may be given")->required());
  };
  CLI::App* app = AddCommand<NamedDatasets>(family, chosen, "delete", "Delete data sets; results of finished jobs stay",
                                            define, DeleteDataset);
  AddExamples(*app, {"modlab dataset delete abc"});
}

}  // namespace

void AddDatasetCommands(CLI::App& app, Action& chosen) {
  CLI::App* family = app.add_subcommand("dataset", "Push, generate, list, show, pull, share and delete data sets");
  family->require_subcommand(1);
  AddPushDataset(*family, chosen);
  AddNewDataset(*family, chosen);
  AddListDatasets(*family, chosen);
  AddShowDataset(*family, chosen);
  AddPullDataset(*family, chosen);
  AddShareCommand(*family, chosen, "dataset", ValueKind::kDataset,
                  [](Session& session, const std::string& id, const ShareOptions& options) {
                    PrintDataset(session, session.Connect().CallWithRetries(&v1::DatasetService::Stub::ShareDataset,
                                                                            options.RequestFor(DatasetName(id))));
                  });
  AddDeleteDataset(*family, chosen);
}

}  // namespace modlab::client
