#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "client/environment.h"

namespace modlab::client {

/// What `modlab __complete WORDS...` does, for the scripts of `modlab completion`: prints how the last of the words can
/// go on. Asks the configured server for ids, for a moment, and starts none. Says nothing where anything goes wrong:
/// whoever presses Tab wants no messages.
void PrintCompletion(CLI::App& app, const std::vector<std::string>& words, const Environment& environment);

}  // namespace modlab::client
