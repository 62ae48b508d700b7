#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/model.pb.h"

namespace modlab::client {

/// One line for each model.
std::string ModelListText(const google::protobuf::RepeatedPtrField<v1::Model>& models, const TextStyle& style);

/// Everything known about a model.
std::string ModelText(const v1::Model& model, const TextStyle& style);

/// What an inspection found: parameters, input shapes, layers.
std::string InspectionText(const v1::Inspection& inspection, const TextStyle& style);

}  // namespace modlab::client
