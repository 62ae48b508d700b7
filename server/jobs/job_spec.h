#pragma once

#include <functional>
#include <string>

#include "modlab/v1/job.pb.h"
#include "server/jobs/limits.h"

namespace modlab::server {

/// Finds a model that the asking principal may read; throws RequestError RESOURCE_NOT_FOUND otherwise.
using ModelLookup = std::function<modlab::v1::Model(const std::string& name, const std::string& field)>;

/// Checks a spec as far as can be done without loading the model, and fills in every default, so that what is stored is
/// what runs. Returns the model that it reads. Throws RequestError with the path of the field at fault
/// (`job.spec.score.partitions[0].spectral.clusters`).
modlab::v1::Model ResolveSpec(const Limits& limits, const ModelLookup& lookup, modlab::v1::JobSpec* spec);

modlab::v1::Job::Kind KindOf(const modlab::v1::JobSpec& spec);

/// Checks labels: at most 64, keys and values of at most 63 characters, keys not empty. `field` names them in the
/// error.
void CheckLabels(const google::protobuf::Map<std::string, std::string>& labels, const std::string& field);

/// Checks input shapes: dimensions from 1 to 2^24.
void CheckInputShapes(const google::protobuf::RepeatedPtrField<modlab::v1::InputShape>& shapes,
                      const std::string& field);

/// Checks resources against the limits and fills in the defaults.
void ResolveResources(const Limits& limits, const std::string& field, modlab::v1::Resources* resources);

/// What jobs get that do not say, and the most they may ask for.
modlab::v1::Resources DefaultResources(const Limits& limits);
modlab::v1::Resources LargestResources(const Limits& limits);

}  // namespace modlab::server
