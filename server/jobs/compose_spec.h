#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modlab/v1/compose.pb.h"
#include "modlab/v1/model.pb.h"
#include "server/jobs/job_spec.h"
#include "server/store/jobs_table.h"

namespace modlab::server {

/// Checks a composition's spec as far as can be done without loading models, and fills in every default. Returns what
/// it reads. Throws RequestError with the field at fault (`job.spec.compose.parts[1]`).
std::vector<JobInput> ResolveCompose(const ModelLookup& lookup, modlab::v1::ComposeSpec* spec);

/// What a composition reads, where that is known of all parts: an input of theirs, with the channels of all. Of a
/// checked spec.
std::optional<modlab::v1::InputShape> ComposedInputShape(const modlab::v1::ComposeSpec& spec);

/// Checks that a model was composed, if that is known. `so` completes "models/abc was not composed, so".
void CheckComposed(const std::string& field, const modlab::v1::Model& model, const std::string& so);

}  // namespace modlab::server
