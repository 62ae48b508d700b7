#include "client/value_kind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace modlab::client {
namespace {

// CLI11 has no place for facts of ours in an option, but checks have names, and may accept everything.
const std::map<std::string, ValueKind>& Names() {
  static const std::map<std::string, ValueKind> names = {{"takes a choice", ValueKind::kChoice},
                                                         {"takes a job", ValueKind::kJob},
                                                         {"takes a job or file", ValueKind::kJobOrFile},
                                                         {"takes a model", ValueKind::kModel},
                                                         {"takes a model or file", ValueKind::kModelOrFile},
                                                         {"takes a server", ValueKind::kServer},
                                                         {"takes a file", ValueKind::kFile},
                                                         {"takes a data set", ValueKind::kDataset},
                                                         {"takes an experiment", ValueKind::kExperiment},
                                                         {"takes a job or experiment", ValueKind::kJobOrExperiment}};
  return names;
}

std::string KindName(ValueKind kind) {
  const auto found =
      std::find_if(Names().begin(), Names().end(), [kind](const auto& name) { return name.second == kind; });
  return found == Names().end() ? "" : found->first;
}

CLI::Validator* FindCheck(CLI::Option& option, const std::string& name) {
  try {
    return option.get_validator(name);
  } catch (const CLI::OptionNotFound&) {
    return nullptr;
  }
}

}  // namespace

CLI::Option* Takes(ValueKind kind, CLI::Option* option) {
  return option->check([](const std::string& /*value*/) { return std::string(); }, "", KindName(kind));
}

CLI::Option* TakesChoice(const std::vector<std::string>& choices, CLI::Option* option) {
  const auto check = [choices](const std::string& value) {
    const bool known = std::find(choices.begin(), choices.end(), value) != choices.end();
    return known ? "" : fmt::format("'{}' is none of {}", value, fmt::join(choices, ", "));
  };
  return option->check(check, fmt::format("{}", fmt::join(choices, ",")), KindName(ValueKind::kChoice));
}

ValueKind KindOf(CLI::Option& option) {
  for (const auto& [name, kind] : Names()) {
    if (FindCheck(option, name) != nullptr) return kind;
  }
  return ValueKind::kOther;
}

std::vector<std::string> ChoicesOf(CLI::Option& option) {
  CLI::Validator* const check = FindCheck(option, KindName(ValueKind::kChoice));
  if (check == nullptr) return {};
  return CLI::detail::split(check->get_description(), ',');
}

}  // namespace modlab::client
