#pragma once

#include <cstdint>

#include "core/run_context.h"
#include "modlab/v1/compose.pb.h"
#include "server/executor/attempt_directory.h"

namespace modlab::server {

/// Runs a `compose` job: what it makes is the attempt's product. Throws as core does.
v1::ComposeResult ComposeModels(const v1::ComposeSpec& spec, uint32_t seed, const AttemptDirectory& directory,
                                RunContext& context);

}  // namespace modlab::server
