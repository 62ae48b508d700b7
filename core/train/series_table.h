#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/dataset/array.h"
#include "core/train/training_record.h"

namespace modlab {

/// A series of epochs as a table of float64, as checkpoints keep it: 8 bytes a number, however many epochs there are.
struct SeriesTable {
  std::vector<std::string> parameters;  ///< Of the goals, sorted: the last columns.
  int64_t metrics = 0;                  ///< Of each performance.
  Array rows;                           ///< [records, columns]; NaN for what is absent.
};

SeriesTable ToTable(const std::vector<EpochRecord>& series);

/// The same series, to the bit. Errors: kDataInvalid where the table has another number of columns.
std::vector<EpochRecord> FromTable(const SeriesTable& table);

}  // namespace modlab
