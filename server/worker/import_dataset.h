#pragma once

#include "core/run_context.h"
#include "modlab/v1/dataset.pb.h"
#include "server/executor/attempt_directory.h"

namespace modlab::server {

/// Runs an `import` job: reads its source, checks it, describes it, and writes it to the attempt's product. Throws as
/// core/dataset does.
v1::ImportResult ImportDataset(const v1::ImportSpec& spec, const AttemptDirectory& directory, RunContext& context);

}  // namespace modlab::server
