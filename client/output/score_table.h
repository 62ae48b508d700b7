#pragma once

#include <string>
#include <string_view>

#include "client/output/terminal.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

/// The result of a finished `score` job for people: layers with their units and what share of each layer every cluster
/// has, cluster sizes, Q, n-cut, ave in/out, the first eigenvalues and where the largest gap among them lies, the seed,
/// the plateaus of a sweep, and the time each phase took. `model` is what to call the network. Several lines; none is
/// wider than the style says, as long as the names of layers allow it.
std::string ScoreTable(const v1::Job& job, std::string_view model, const TextStyle& style);

}  // namespace modlab::client
