#pragma once

#include "core/build/network_description.h"
#include "modlab/v1/build.pb.h"

namespace modlab::server {

/// The network that a spec with all defaults filled in describes.
NetworkDescription NetworkOf(const modlab::v1::BuildSpec& spec);

}  // namespace modlab::server
