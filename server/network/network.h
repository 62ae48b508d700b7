#pragma once

#include "core/build/network_description.h"
#include "modlab/v1/build.pb.h"

namespace modlab::server {

/// UNSPECIFIED is none.
Activation ToActivation(modlab::v1::BuildSpec::Activation activation);

/// The network that a spec with all defaults filled in describes.
NetworkDescription NetworkOf(const modlab::v1::BuildSpec& spec);

}  // namespace modlab::server
