#pragma once

#include <string>
#include <vector>

#include "client/report/html.h"
#include "modlab/v1/comparison.pb.h"
#include "modlab/v1/experiment.pb.h"
#include "modlab/v1/job.pb.h"

namespace modlab::client {

// Parts of reports.

/// A line for each partition of a score: the modularity that is its objective, beside what null models have of it; then
/// all modularities that it has.
void AddPartitionsTables(const v1::ScoreResult& score, HtmlPage& page);

/// What a job was computed with, and its spec, to be run again.
void AddProvenance(const v1::Job& job, const std::string& submit_command, HtmlPage& page);

/// The answer of an experiment, in words: which networks are the most and the least modular by the method to answer by
/// (MainMethod), whether more than their null models, and whether they differ, over how many comparisons.
std::vector<std::string> AnswersOf(const v1::CompareScoresResponse& comparison);

/// Of each way to find clusters, a line for each group; what the networks have learned; and the tests of differences.
void AddComparisonTables(const v1::CompareScoresResponse& comparison, HtmlPage& page);

/// How many of an experiment's jobs of each step stand how.
void AddStepsTable(const v1::Experiment& experiment, HtmlPage& page);

/// The switches of a training's goals, and how well each goal is met in the end.
void AddTrainingTables(const v1::Job& job, HtmlPage& page);

}  // namespace modlab::client
