#pragma once

#include <string_view>

#include "modlab/v1/build.pb.h"

namespace modlab::client {

/// Fills in the input's shape and the layers of a chain of linear layers: `1568,784,20,20,4,1`, the inputs first.
/// Throws UsageError.
void ParseMlp(std::string_view text, v1::BuildSpec& spec);

/// The same of a convolutional network, `1x28x28,conv:16:3,pool:2,conv:32:3,pool:2,64,10`: the input's channels, height
/// and width, then `conv:CHANNELS:KERNEL[:STRIDE[:PADDING]]`, `pool:KERNEL[:STRIDE]` (the largest), `avgpool:...` (the
/// average), and numbers of outputs of linear layers. Throws UsageError.
void ParseCnn(std::string_view text, v1::BuildSpec& spec);

}  // namespace modlab::client
