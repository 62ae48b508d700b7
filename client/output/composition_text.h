#pragma once

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/compose.pb.h"
#include "modlab/v1/model.pb.h"

namespace modlab::client {

/// A model that was composed: its layers, and how many units of them are of which part.
std::string CompositionText(const v1::Model& model, const v1::ComposeResult& result, const TextStyle& style);

}  // namespace modlab::client
