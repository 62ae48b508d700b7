#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/output/man_page.h"

namespace modlab::client {
namespace {

struct ManCommand {
  std::vector<std::string> words;
  std::string folder;
};

const CLI::App& FindCommand(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (const std::string& word : words) {
    const auto subcommands = ShownCommands(*command);
    const auto found = std::find_if(subcommands.begin(), subcommands.end(),
                                    [&](const CLI::App* subcommand) { return subcommand->get_name() == word; });
    if (found == subcommands.end()) throw UsageError(fmt::format("there is no command {}", word));
    command = *found;
  }
  return *command;
}

void WritePages(const CLI::App& command, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / (PageName(command) + ".1");
  if (!(std::ofstream(path) << ManPage(command) << std::flush)) {
    throw UsageError(fmt::format("cannot write {}", path.string()));
  }
  for (const CLI::App* subcommand : ShownCommands(command)) WritePages(*subcommand, folder);
}

}  // namespace

void AddManCommand(CLI::App& app, Action& chosen) {
  const auto define = [](CLI::App& command, ManCommand& options) {
    command.add_option("COMMAND", options.words, "The command; without it, modlab itself");
    Takes(ValueKind::kFile,
          command.add_option("--to", options.folder, "Write the pages of all commands into this folder"))
        ->option_text("FOLDER");
  };
  const auto run = [&app](Session& session, const ManCommand& options) {
    if (options.folder.empty()) {
      session.PrintData(ManPage(FindCommand(app, options.words)));
      return ExitCode::kOk;
    }
    std::error_code error;
    std::filesystem::create_directories(options.folder, error);
    WritePages(app, options.folder);
    return ExitCode::kOk;
  };
  CLI::App* command =
      AddCommand<ManCommand>(app, chosen, "man", "Print a command's manual page, for man -l", define, run);
  AddExamples(*command, {"modlab man job list | man -l -", "modlab man --to share/man/man1"});
  command->group("");  // for who builds and packages modlab
}

}  // namespace modlab::client
