#include "client/completion.h"

#include "client/commands/commands.h"
#include "client/commands/options.h"
#include "client/completion_scripts.h"

namespace modlab::client {
namespace {

struct CompletionCommand {
  std::string shell;
};

ExitCode PrintScript(Session& session, const CompletionCommand& command) {
  session.PrintData(CompletionScript(command.shell));
  return ExitCode::kOk;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Action& chosen) {
  const auto define = [](CLI::App& command, CompletionCommand& options) {
    TakesChoice(CompletionShells(),
                command.add_option("SHELL", options.shell, "bash, zsh or fish")->required()->option_text("SHELL"));
  };
  CLI::App* command = AddCommand<CompletionCommand>(
      app, chosen, "completion", "Print a script with which a shell completes commands, options and ids", define,
      PrintScript);
  AddExamples(*command, {"source <(modlab completion bash)                          # in ~/.bashrc",
                         "modlab completion zsh > \"${fpath[1]}/_modlab\"             # once",
                         "modlab completion fish > ~/.config/fish/completions/modlab.fish"});
}

}  // namespace modlab::client
