#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace modlab::client {

/// What an option of the command line takes, as far as completion can help with it.
enum class ValueKind {
  kOther,
  kChoice,
  kJob,
  kModel,
  kDataset,
  kExperiment,
  kJobOrFile,
  kJobOrExperiment,
  kModelOrFile,
  kServer,
  kFile
};

/// Notes in the option itself what it takes. Not kChoice.
CLI::Option* Takes(ValueKind kind, CLI::Option* option);
/// Likewise for one of `choices`, and refuses everything else.
CLI::Option* TakesChoice(const std::vector<std::string>& choices, CLI::Option* option);

/// kOther where nothing was noted.
ValueKind KindOf(CLI::Option& option);
/// Empty where it takes none.
std::vector<std::string> ChoicesOf(CLI::Option& option);

}  // namespace modlab::client
