#pragma once

#include "modlab/v1/build.pb.h"

namespace modlab::server {

/// Checks a network's description and fills in its defaults. Throws RequestError FIELD_INVALID and FIELD_MISSING with
/// the field at fault (`job.spec.build.layers[2].convolution.kernel`).
void ResolveBuild(modlab::v1::BuildSpec* spec);

}  // namespace modlab::server
