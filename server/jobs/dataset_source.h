#pragma once

#include <string>

#include "modlab/v1/dataset.pb.h"

namespace modlab::server {

/// Checks what a data set is to be made of, as far as its fields tell, and fills in what has a default. Throws
/// RequestError FIELD_INVALID and FIELD_MISSING; fields are named `dataset.source...`.
void ResolveDatasetSource(modlab::v1::DatasetSource* source);

/// Checks how inputs are to be normalised. Throws RequestError FIELD_INVALID.
void CheckInputNormalization(const modlab::v1::InputNormalization& normalization);

/// Stands for what a data set is made of, and how: equal for equal content read in the same way, whatever the files are
/// called and whichever way they came. `sha256` of every file must be set.
std::string SourceDigest(const modlab::v1::DatasetSource& source, const modlab::v1::InputNormalization& normalization);

}  // namespace modlab::server
