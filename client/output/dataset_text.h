#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/dataset.pb.h"

namespace modlab::client {

/// One line for each data set.
std::string DatasetListText(const google::protobuf::RepeatedPtrField<v1::Dataset>& datasets, const TextStyle& style);

/// Everything known about a data set.
std::string DatasetText(const v1::Dataset& dataset, const TextStyle& style);

/// A line for each tensor: name, shape, type, range, classes.
std::string TensorsText(const google::protobuf::RepeatedPtrField<v1::DataTensor>& tensors, const TextStyle& style);

}  // namespace modlab::client
