#pragma once

#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "modlab/v1/graph.pb.h"

namespace modlab::client {

// What people write on the command line, read into what the API takes. All throw UsageError with a sentence that says
// what is expected.

/// `90s`, `5m`, `2h`, `1h30m`, `1d`, `0.5s`: numbers with units, largest first, added up. Over zero, at most ten years.
google::protobuf::Duration ParseDuration(std::string_view text);

/// `1000000`, `512KiB`, `4GiB`, `1.5TiB`, `2GB` (powers of 1000): bytes, over zero.
std::int64_t ParseSize(std::string_view text);

/// `1,28,28` or `1x28x28`: at least one dimension, each 1 or more.
v1::InputShape ParseInputShape(std::string_view text);

/// `key=value` each; the value may be empty or hold further `=`. A key given twice is an error.
std::map<std::string, std::string> ParseLabels(const std::vector<std::string>& labels);

}  // namespace modlab::client
