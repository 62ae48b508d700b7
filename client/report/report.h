#pragma once

#include <functional>
#include <string>

#include "client/session.h"

namespace modlab::client {

// Reports: one page of HTML that needs nothing else. It says what was asked, the answer in words, the numbers, the
// pictures, options, seeds, versions and digests, and how to run it again. In place of a picture that cannot be drawn
// it says why.

/// Told how much is done, 0 to 1.
using ReportProgress = std::function<void(double)>;

/// Of a `score` or `train` job (`jobs/abc`) that has SUCCEEDED. Throws Failure (kRefused) for others.
std::string JobReport(Session& session, const std::string& job, const ReportProgress& progress);

/// Of an experiment (`experiments/abc`) of which some score has SUCCEEDED: the comparison, and the pictures of the
/// first run of each group, of the first dozen groups.
std::string ExperimentReport(Session& session, const std::string& experiment, const ReportProgress& progress);

}  // namespace modlab::client
