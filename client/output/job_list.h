#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// One line for each job. Places in the queue, and what jobs wait for, only where one waits.
std::string JobListText(const google::protobuf::RepeatedPtrField<v1::Job>& jobs, const TextStyle& style);

/// One line for each job that runs or waits: whose it is, when its turn comes, and what it waits for.
std::string QueueText(const google::protobuf::RepeatedPtrField<v1::Job>& jobs, const TextStyle& style);

}  // namespace modlab::client
