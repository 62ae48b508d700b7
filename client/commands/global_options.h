#pragma once

#include <CLI/CLI.hpp>

#include "client/session.h"

namespace modlab::client {

/// The options that every command has.
void AddGlobalOptions(CLI::App& app, GlobalOptions& options);

}  // namespace modlab::client
