#pragma once

#include <string>

#include "modlab/v1/score.pb.h"

namespace modlab::server {

/// What a result says, as a paragraph for people (ScoreResult.reading): for every partition whether it is more modular
/// than its null models, whether other seeds find it again, and what lasts over resolutions; and how much partitions
/// agree.
std::string ReadResult(const v1::ScoreResult& result);

}  // namespace modlab::server
