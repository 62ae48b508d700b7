#include "client/completion_scripts.h"

#include <map>

namespace modlab::client {
namespace {

constexpr std::string_view kBash = R"sh(# Completion of modlab for bash: source <(modlab completion bash)
_modlab() {
  local program=$1 words=() i word before line
  # Bash takes words apart at = and : too; a piece that no space stands before belongs to the one before it.
  local rest=${COMP_LINE:0:COMP_POINT}
  rest=${rest#*"${COMP_WORDS[0]}"}
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ $rest == [[:space:]]* || ${#words[@]} -eq 0 ]]; then
      words+=("$word")
    else
      words[${#words[@]} - 1]+=$word
    fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"$word"}
  done
  # Only the last piece is replaced.
  before=${words[${#words[@]} - 1]}
  [[ $word == [=:] ]] || before=${before%"$word"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
    else
      line=${line%%$'\t'*}
      COMPREPLY+=("${line#"$before"}")
    fi
  done < <("$program" __complete "${words[@]}" </dev/null 2>/dev/null)
}
complete -F _modlab modlab
)sh";

constexpr std::string_view kZsh = R"sh(#compdef modlab
# Completion of modlab for zsh: modlab completion zsh > "${fpath[1]}/_modlab", or source <(modlab completion zsh)
_modlab() {
  local -a candidates
  local line files=
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    else
      candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" </dev/null 2>/dev/null)
  _describe modlab candidates
  [[ -z $files ]] || _files
}
if [[ ${funcstack[1]} == _modlab ]]; then
  _modlab "$@"
else
  compdef _modlab modlab
fi
)sh";

constexpr std::string_view kFish =
    R"sh(# Completion of modlab for fish: modlab completion fish > ~/.config/fish/completions/modlab.fish
function __modlab_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" </dev/null 2>/dev/null
end
function __modlab_candidates
    __modlab_complete | string match -v :files
end
function __modlab_takes_files
    __modlab_complete | string match -q :files
end
complete -c modlab -f -a '(__modlab_candidates)'
complete -c modlab -n __modlab_takes_files -F
)sh";

const std::map<std::string, std::string_view, std::less<>>& Scripts() {
  static const std::map<std::string, std::string_view, std::less<>> scripts = {
      {"bash", kBash}, {"zsh", kZsh}, {"fish", kFish}};
  return scripts;
}

}  // namespace

std::vector<std::string> CompletionShells() {
  std::vector<std::string> shells;
  for (const auto& [shell, script] : Scripts()) shells.push_back(shell);
  return shells;
}

std::string_view CompletionScript(std::string_view shell) {
  const auto found = Scripts().find(shell);
  return found == Scripts().end() ? "" : found->second;
}

}  // namespace modlab::client
