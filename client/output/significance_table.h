#pragma once

#include <map>
#include <string>

#include "client/output/terminal.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// Tests of several jobs for people: of every partition, for Q and for n-cut, what was observed, z, p, and p adjusted
/// for all of them. `titles`: what to call each model, by `models/{id}`; others are called by that.
std::string SignificanceTable(const v1::AdjustPValuesResponse& adjusted,
                              const std::map<std::string, std::string>& titles, const TextStyle& style);

}  // namespace modlab::client
