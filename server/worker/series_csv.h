#pragma once

#include <filesystem>

#include "core/train/training_options.h"
#include "core/train/training_record.h"
#include "modlab/v1/train.pb.h"

namespace modlab::server {

/// Writes the whole series as CSV with a header: a line for each epoch; what was not measured is empty; a column for
/// each metric and each of the goal's parameters. Throws std::system_error.
void WriteSeriesCsv(const std::filesystem::path& path, const TrainingResult& result, const v1::TrainSpec& spec);

/// `accuracy`, `rounded_accuracy`, `r_squared`: what metrics are called in series.
const char* MetricName(int metric);

}  // namespace modlab::server
