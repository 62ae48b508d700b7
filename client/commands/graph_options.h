#pragma once

#include <CLI/CLI.hpp>

#include "client/spec.h"

namespace modlab::client {

/// The options that say how a network becomes a graph: --preset, --kernel-norm, --normalization, --layers, ... What is
/// not given stays unset.
void AddGraphOptions(CLI::App& command, GraphChoice& graph);

}  // namespace modlab::client
