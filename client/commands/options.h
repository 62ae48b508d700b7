#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/commands/commands.h"
#include "client/errors.h"
#include "client/spec.h"
#include "client/value_kind.h"
#include "modlab/v1/access.pb.h"
#include "modlab/v1/graph.pb.h"

namespace modlab::client {

// Options that several commands have, each defined once.

/// An option whose value is one of `choices`; `set` is called for every time that it is given.
template <typename Value>
CLI::Option* AddChoice(CLI::App& command, const std::string& name,
                       const std::vector<std::pair<std::string, Value>>& choices, const std::function<void(Value)>& set,
                       const std::string& description) {
  std::vector<std::string> names;
  names.reserve(choices.size());
  for (const auto& choice : choices) names.push_back(choice.first);
  const auto read = [choices, set](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto is_meant = [&text](const auto& choice) { return choice.first == text; };
      const auto chosen = std::find_if(choices.begin(), choices.end(), is_meant);
      if (chosen != choices.end()) set(chosen->second);  // the others are refused
    }
  };
  return TakesChoice(
      names, command.add_option_function<std::vector<std::string>>(name, read, description)->allow_extra_args(false));
}

/// --label KEY=VALUE
void AddLabels(CLI::App& command, std::vector<std::string>& labels, const std::string& description);
/// --input-shape 1,28,28
void AddInputShapes(CLI::App& command, std::vector<std::string>& shapes);
std::vector<v1::InputShape> ParseInputShapes(const std::vector<std::string>& shapes);
/// --time-limit and --memory-limit
void AddLimits(CLI::App& command, ResourceOptions& resources);
/// JOB_ID
CLI::Option* AddJobId(CLI::App& command, std::string& id);
/// MODEL_ID
CLI::Option* AddModelId(CLI::App& command, std::string& id);
/// DATASET_ID
CLI::Option* AddDatasetId(CLI::App& command, std::string& id);
/// MODEL_ID_OR_FILE
CLI::Option* AddModelOrFile(CLI::App& command, std::string& subject);
/// --after
void AddAfter(CLI::App& command, int& after_sequence);
/// --limit, of lists
void AddLimit(CLI::App& command, int& limit);
/// A duration under any name.
CLI::Option* AddDuration(CLI::App& command, const std::string& name, std::optional<google::protobuf::Duration>& value,
                         const std::string& description);

/// How a command that makes a job goes on.
struct WaitOptions {
  bool wait;
  std::optional<google::protobuf::Duration> timeout;
};
/// --wait, --detach, --wait-timeout; what `options` holds is the default.
void AddWaiting(CLI::App& command, WaitOptions& options);

/// Who may read what a command makes or names, as --share says it.
struct ShareOptions {
  std::vector<std::string> users;  ///< `everyone` for all.
  bool given() const { return !users.empty(); }
  v1::ShareRequest RequestFor(const std::string& name) const;
};

/// What a job carries besides its spec.
struct JobOptions {
  std::vector<std::string> labels;
  int priority = 0;
  ShareOptions sharing;
  WaitOptions waiting;
};
/// --label, --priority, --share and those of AddWaiting.
void AddJobOptions(CLI::App& command, JobOptions& options);

/// --share USER|everyone, several times.
void AddSharing(CLI::App& command, ShareOptions& options);
/// The command `share ID --with USER|everyone | --private` for a `what`; `share` asks the server and prints.
void AddShareCommand(CLI::App& family, Action& chosen, const std::string& what, ValueKind kind,
                     const std::function<void(Session&, const std::string& id, const ShareOptions&)>& share);

/// Ends the command's help with examples, one a line.
void AddExamples(CLI::App& command, const std::vector<std::string>& examples);

/// Adds the command `name` with options of its own of type `Options`. `define` adds them; `run` is what the command
/// does.
template <typename Options>
CLI::App* AddCommand(CLI::App& parent, Action& chosen, const std::string& name, const std::string& description,
                     const std::function<void(CLI::App&, Options&)>& define,
                     const std::function<ExitCode(Session&, const Options&)>& run) {
  CLI::App* command = parent.add_subcommand(name, description);
  const auto options = std::make_shared<Options>();
  define(*command, *options);
  command->callback(
      [&chosen, options, run] { chosen = [options, run](Session& session) { return run(session, *options); }; });
  return command;
}

}  // namespace modlab::client
