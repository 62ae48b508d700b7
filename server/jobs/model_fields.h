#pragma once

#include <string>
#include <vector>

#include "modlab/v1/job.pb.h"

namespace modlab::server {

/// A field of a spec that names a model.
struct ModelField {
  std::string path;  ///< `score.model`, `compose.parts[1]`.
  std::string* name = nullptr;
};

/// All of a spec's that are not empty, or must not be, in order; they point into it.
std::vector<ModelField> ModelFields(modlab::v1::JobSpec* spec);

}  // namespace modlab::server
