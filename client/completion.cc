#include "client/completion.h"

#include <algorithm>
#include <set>

namespace modlab::client {
namespace {

bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
bool MayComeAgain(const CLI::Option& option) { return option.get_items_expected_max() > 1; }
bool MayBeFile(ValueKind kind) {
  return kind == ValueKind::kFile || kind == ValueKind::kJobOrFile || kind == ValueKind::kModelOrFile;
}
/// What a server is asked for where a file would do as well.
ValueKind OrElse(ValueKind kind) {
  if (kind == ValueKind::kJobOrFile) return ValueKind::kJob;
  return kind == ValueKind::kModelOrFile ? ValueKind::kModel : kind;
}
bool IsHidden(const CLI::Option& option) { return option.get_group().empty(); }

/// How far the words before the cursor lead into the tree of commands.
class Walk {
 public:
  explicit Walk(CLI::App& app) : command_(&app) {}

  void Take(const std::string& word) {
    if (open_ != nullptr) {
      Give(*open_, word);
      open_ = nullptr;
    } else if (!only_positionals_ && word == "--") {
      only_positionals_ = true;
    } else if (!only_positionals_ && word.size() > 1 && word.front() == '-') {
      TakeOption(word);
    } else if (CLI::App* const subcommand = FindSubcommand(word)) {
      command_ = subcommand;
    } else {
      positionals_.push_back(word);
    }
  }

  Completion Finish(const std::string& word, const ValueSource& source) const {
    const std::size_t equals = word.find('=');
    if (open_ != nullptr) return ValuesOf(*open_, "", word, source);
    if (!only_positionals_ && word.starts_with("--") && equals != std::string::npos) {
      CLI::Option* const option = FindOption(word.substr(0, equals));
      if (option == nullptr) return {};
      return ValuesOf(*option, word.substr(0, equals + 1), word.substr(equals + 1), source);
    }
    if (!only_positionals_ && word.starts_with("-")) return OptionsFor(word);
    if (Completion subcommands = SubcommandsFor(word); !subcommands.candidates.empty()) return subcommands;
    CLI::Option* const positional = NextPositional();
    return positional == nullptr ? Completion() : ValuesOf(*positional, "", word, source);
  }

 private:
  void TakeOption(const std::string& word) {
    const bool is_long = word.starts_with("--");
    const std::size_t equals = word.find('=');
    CLI::Option* const option = FindOption(is_long ? word.substr(0, equals) : word.substr(0, 2));
    if (option == nullptr) return;
    const bool has_value = is_long ? equals != std::string::npos : word.size() > 2;
    if (!TakesValue(*option)) {
      Give(*option, "");
    } else if (has_value) {
      Give(*option, word.substr(is_long ? equals + 1 : 2));
    } else {
      open_ = option;
    }
  }

  void Give(const CLI::Option& option, const std::string& value) {
    given_.insert(&option);
    if (!IsOfTheProgram(option)) return;
    about_server_.push_back(option.get_name());
    if (TakesValue(option)) about_server_.push_back(value);
  }

  bool IsOfTheProgram(const CLI::Option& option) const {
    const CLI::App* app = command_;
    while (app->get_parent() != nullptr) app = app->get_parent();
    const auto options = app->get_options();
    return std::find(options.begin(), options.end(), &option) != options.end();
  }

  /// Of the command, or of those that it belongs to.
  CLI::Option* FindOption(const std::string& name) const {
    for (CLI::App* app = command_; app != nullptr; app = app->get_parent()) {
      if (CLI::Option* const option = app->get_option_no_throw(name)) return option;
    }
    return nullptr;
  }

  CLI::App* FindSubcommand(const std::string& word) const {
    for (CLI::App* subcommand : command_->get_subcommands([](const CLI::App*) { return true; })) {
      if (subcommand->get_name() == word) return subcommand;
    }
    return nullptr;
  }

  Completion SubcommandsFor(const std::string& word) const {
    Completion completion;
    for (const CLI::App* subcommand : command_->get_subcommands([](const CLI::App*) { return true; })) {
      if (subcommand->get_group().empty() || !subcommand->get_name().starts_with(word)) continue;
      completion.candidates.push_back({subcommand->get_name(), subcommand->get_description()});
    }
    return completion;
  }

  Completion OptionsFor(const std::string& word) const {
    Completion completion;
    for (CLI::App* app = command_; app != nullptr; app = app->get_parent()) {
      if (app != command_ && app->get_parent() != nullptr) continue;  // options of families are none of their commands'
      for (const CLI::Option* option : app->get_options()) {
        const bool used_up = given_.contains(option) && !MayComeAgain(*option);
        if (!option->nonpositional() || IsHidden(*option) || used_up) continue;
        const std::string name = option->get_name();  // the long one if there is one
        if (name.starts_with(word)) Add(completion, {name, option->get_description()});
      }
    }
    return completion;
  }

  /// The program has `--help` as its commands have it.
  static void Add(Completion& completion, const Candidate& candidate) {
    const bool is_there = std::any_of(completion.candidates.begin(), completion.candidates.end(),
                                      [&](const Candidate& other) { return other.value == candidate.value; });
    if (!is_there) completion.candidates.push_back(candidate);
  }

  CLI::Option* NextPositional() const {
    std::vector<CLI::Option*> positionals = command_->get_options(
        [](const CLI::Option* option) { return option->get_positional() && !option->nonpositional(); });
    if (positionals_.size() < positionals.size()) return positionals[positionals_.size()];
    return !positionals.empty() && MayComeAgain(*positionals.back()) ? positionals.back() : nullptr;
  }

  Completion ValuesOf(CLI::Option& option, const std::string& before, const std::string& word,
                      const ValueSource& source) const {
    const ValueKind kind = KindOf(option);
    Completion completion;
    // A name is known by `before=`, too, but what follows is no file to the shell then.
    completion.files = before.empty() && MayBeFile(kind);
    std::vector<Candidate> values;
    if (kind == ValueKind::kChoice) {
      for (const std::string& choice : ChoicesOf(option)) values.push_back({choice, ""});
    } else if (kind != ValueKind::kOther && kind != ValueKind::kFile) {
      values = source(OrElse(kind), about_server_);
    }
    // `jobs/abc` is as good as `abc`.
    const bool full = (OrElse(kind) == ValueKind::kJob && word.starts_with("jobs/")) || word.starts_with("models/");
    const std::string collection = full ? word.substr(0, word.find('/') + 1) : "";
    for (Candidate& candidate : values) {
      candidate.value.insert(0, collection);
      const bool is_there = std::find(positionals_.begin(), positionals_.end(), candidate.value) != positionals_.end();
      if (is_there || !candidate.value.starts_with(word)) continue;
      candidate.value.insert(0, before);
      completion.candidates.push_back(candidate);
    }
    return completion;
  }

  CLI::App* command_;
  CLI::Option* open_ = nullptr;  // its value comes next
  bool only_positionals_ = false;
  std::vector<std::string> positionals_;
  std::set<const CLI::Option*> given_;
  std::vector<std::string> about_server_;
};

}  // namespace

Completion Complete(CLI::App& app, const std::vector<std::string>& words, const ValueSource& source) {
  Walk walk(app);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) walk.Take(words[i]);
  return walk.Finish(words.empty() ? "" : words.back(), source);
}

}  // namespace modlab::client
