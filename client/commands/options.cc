#include "client/commands/options.h"

#include "client/units.h"

namespace modlab::client {
namespace {

/// An option whose value `parse` reads; a value that it refuses is reported with the option's name.
template <typename Value, typename Parse>
CLI::Option* AddParsed(CLI::App& command, const std::string& name, std::optional<Value>& value, Parse parse,
                       const std::string& description) {
  const auto read = [name, &value, parse](const std::string& text) {
    try {
      value = parse(text);
    } catch (const UsageError& error) {
      throw CLI::ValidationError(name, error.what());
    }
  };
  return command.add_option_function<std::string>(name, read, description);
}

/// A check that a text is one that `parse` reads.
template <typename Parse>
CLI::Validator Readable(Parse parse) {
  return {[parse](const std::string& text) -> std::string {
            try {
              parse(text);
              return "";
            } catch (const UsageError& error) {
              return error.what();
            }
          },
          ""};
}

/// An option that may be given several times, one value each: the value must not swallow the arguments that follow.
CLI::Option* AddRepeated(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                         const std::string& description) {
  return command.add_option(name, values, description)->allow_extra_args(false);
}

}  // namespace

void AddLabels(CLI::App& command, std::vector<std::string>& labels, const std::string& description) {
  AddRepeated(command, "--label", labels, description)
      ->check(Readable([](const std::string& label) { ParseLabels({label}); }))
      ->option_text("KEY=VALUE");
}

void AddInputShapes(CLI::App& command, std::vector<std::string>& shapes) {
  AddRepeated(command, "--input-shape", shapes,
              "Shape of one input tensor, the batch's dimension first: 1,28,28. Once for every input of the model, in "
              "order. Needed where the model's first layer does not tell. With the type where it is not that of the "
              "weights: 1,16:int64")
      ->check(Readable(ParseInputShape))
      ->option_text("N,N,...[:TYPE]");
}

std::vector<v1::InputShape> ParseInputShapes(const std::vector<std::string>& shapes) {
  std::vector<v1::InputShape> parsed;
  parsed.reserve(shapes.size());
  for (const std::string& shape : shapes) parsed.push_back(ParseInputShape(shape));
  return parsed;
}

CLI::Option* AddDuration(CLI::App& command, const std::string& name, std::optional<google::protobuf::Duration>& value,
                         const std::string& description) {
  return AddParsed(command, name, value, ParseDuration, description)->type_name("DURATION");
}

CLI::Option* AddJobId(CLI::App& command, std::string& id) {
  return Takes(ValueKind::kJob, command.add_option("JOB_ID", id, "`jobs/abc`, or `abc`")->required());
}

CLI::Option* AddModelId(CLI::App& command, std::string& id) {
  return Takes(ValueKind::kModel, command.add_option("MODEL_ID", id, "`models/abc`, or `abc`")->required());
}

CLI::Option* AddDatasetId(CLI::App& command, std::string& id) {
  return Takes(ValueKind::kDataset, command.add_option("DATASET_ID", id, "`datasets/abc`, or `abc`")->required());
}

CLI::Option* AddModelOrFile(CLI::App& command, std::string& subject) {
  return Takes(ValueKind::kModelOrFile,
               command
                   .add_option("MODEL_ID_OR_FILE", subject,
                               "A model on the server (`models/abc`, or `abc`), or a TorchScript file, which is pushed "
                               "first")
                   ->required());
}

void AddAfter(CLI::App& command, int& after_sequence) {
  command.add_option("--after", after_sequence, "Only events after this sequence number (default 0: all)")
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
}

void AddLimit(CLI::App& command, int& limit) {
  command.add_option("--limit", limit, fmt::format("At most this many, 0 for all (default {})", limit))
      ->check(CLI::NonNegativeNumber)
      ->option_text("N");
}

void AddLimits(CLI::App& command, ResourceOptions& resources) {
  AddDuration(command, "--time-limit", resources.time_limit, "Wall time that the job may use: 90s, 5m, 1h30m");
  AddParsed(command, "--memory-limit", resources.memory_limit, ParseSize,
            "Memory that the job may use, the loaded LibTorch aside: 512MiB, 4GiB")
      ->type_name("SIZE");
}

void AddWaiting(CLI::App& command, WaitOptions& options) {
  const std::string wait_default = options.wait ? " (default)" : "";
  const std::string detach_default = options.wait ? "" : " (default)";
  CLI::Option* wait = command.add_flag_callback(
      "--wait", [&options] { options.wait = true; }, "Wait for the job and print its result" + wait_default);
  command
      .add_flag_callback(
          "--detach", [&options] { options.wait = false; }, "Return as soon as the job is queued" + detach_default)
      ->excludes(wait);
  AddDuration(command, "--wait-timeout", options.timeout,
              "Stop waiting after this long (exit code 7); the job goes on");
}

void AddJobOptions(CLI::App& command, JobOptions& options) {
  AddLabels(command, options.labels, "A label for the job; may be repeated");
  AddSharing(command, options.sharing);
  command.add_option("--priority", options.priority, "-100 to 100; higher goes first (default 0)")->type_name("N");
  AddWaiting(command, options.waiting);
}

v1::ShareRequest ShareOptions::RequestFor(const std::string& name) const {
  v1::ShareRequest request;
  request.set_name(name);
  request.set_sharing(v1::PRIVATE);
  for (const std::string& user : users) {
    if (user == "everyone") {
      request.set_sharing(v1::EVERYONE);
    } else {
      request.add_shared_with(user);
    }
  }
  return request;
}

void AddSharing(CLI::App& command, ShareOptions& options) {
  AddRepeated(command, "--share", options.users, "Let this user read it, or everyone; may be repeated")
      ->option_text("USER");
}

void AddShareCommand(CLI::App& family, Action& chosen, const std::string& what, ValueKind kind,
                     const std::function<void(Session&, const std::string& id, const ShareOptions&)>& share) {
  struct Options {
    std::string id;
    ShareOptions sharing;
    bool nobody = false;
  };
  const auto define = [&what, kind](CLI::App& app, Options& options) {
    Takes(kind, app.add_option("ID", options.id, "Of the " + what)->required());
    CLI::Option* with = AddRepeated(app, "--with", options.sharing.users, "This user, or everyone; may be repeated")
                            ->option_text("USER");
    app.add_flag("--private", options.nobody, "Nobody but you, from now on")->excludes(with);
  };
  const auto run = [share](Session& session, const Options& options) {
    if (!options.nobody && !options.sharing.given()) throw UsageError("say --with USER, --with everyone or --private");
    share(session, options.id, options.sharing);
    return ExitCode::kOk;
  };
  CLI::App* command =
      AddCommand<Options>(family, chosen, "share", fmt::format("Say who besides you may read a {}", what), define, run);
  AddExamples(*command, {fmt::format("modlab {} share abc --with bob --with carol", what),
                         fmt::format("modlab {} share abc --with everyone", what),
                         fmt::format("modlab {} share abc --private", what)});
}

void AddExamples(CLI::App& command, const std::vector<std::string>& examples) {
  std::string footer = "Examples:";
  for (const std::string& example : examples) footer += "\n  " + example;
  command.footer(footer + "\n\nOptions of every command, and exit codes: modlab --help");
}

}  // namespace modlab::client
