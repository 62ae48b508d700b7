#pragma once

#include <functional>
#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"
#include "server/jobs/limits.h"
#include "server/store/jobs_table.h"

namespace modlab::server {

/// Find what the asking principal may read; throw RequestError RESOURCE_NOT_FOUND otherwise.
using ModelLookup = std::function<modlab::v1::Model(const std::string& name, const std::string& field)>;
using DatasetLookup = std::function<modlab::v1::Dataset(const std::string& name, const std::string& field)>;

/// Checks a spec as far as can be done without loading the model, and fills in every default, so that what is stored is
/// what runs. Returns what it reads. Throws RequestError with the path of the field at fault
/// (`job.spec.score.partitions[0].spectral.clusters`).
std::vector<JobInput> ResolveSpec(const Limits& limits, const ModelLookup& lookup, const DatasetLookup& find_dataset,
                                  modlab::v1::JobSpec* spec);

modlab::v1::Job::Kind KindOf(const modlab::v1::JobSpec& spec);

/// Checks labels: at most 64, keys and values of at most 63 characters, keys not empty. `field` names them in the
/// error.
void CheckLabels(const google::protobuf::Map<std::string, std::string>& labels, const std::string& field);

/// Checks input shapes: dimensions from 1 to 2^24.
void CheckInputShapes(const google::protobuf::RepeatedPtrField<modlab::v1::InputShape>& shapes,
                      const std::string& field);

/// Checks resources against the limits and fills in the defaults.
void ResolveResources(const Limits& limits, const std::string& field, modlab::v1::Resources* resources);

/// Whether a duration is one that protobuf can print: 0 or more, and in the range that Duration says.
bool IsDuration(const google::protobuf::Duration& duration);

/// What jobs get that do not say, and the most they may ask for.
modlab::v1::Resources DefaultResources(const Limits& limits);
modlab::v1::Resources LargestResources(const Limits& limits);

}  // namespace modlab::server
