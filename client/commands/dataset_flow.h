#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/session.h"
#include "client/spec.h"
#include "modlab/v1/dataset.pb.h"

namespace modlab::client {

/// A file of the user's that has a tensor, and which of its arrays or columns that is.
struct TensorArgument {
  std::string name;  ///< The tensor's: `x`, `y`, ...
  std::string path;
  std::string member;  ///< Empty: the only one.
};

/// `FILE` or `FILE:MEMBER`; a file whose whole name has a colon is that file.
TensorArgument ParseTensorFile(const std::string& name, const std::string& text);
/// `NAME=FILE` or `NAME=FILE:MEMBER`. Throws UsageError.
TensorArgument ParseNamedTensor(const std::string& text);

/// What is said of a data set that is made.
struct DatasetOptions {
  std::string display_name;
  v1::InputNormalization normalization;
  std::int32_t first_row = 0;        ///< Of files: only rows from this one on,
  std::optional<std::int32_t> rows;  ///< and so many.
  std::vector<std::string> labels;
  ShareOptions sharing;
  /// Of the import.
  ResourceOptions resources;
};

/// `0..1500`, `1500..`: rows of files, from the first up to, but not, the last. Throws UsageError.
void ParseRows(const std::string& text, DatasetOptions& options);

/// Brings the files to the server and makes a data set of them.
v1::Dataset PushDataset(Session& session, const std::vector<TensorArgument>& tensors, const DatasetOptions& options);

/// Makes a data set of a source that the server has, or generates.
v1::Dataset CreateDataset(Session& session, const v1::DatasetSource& source, const DatasetOptions& options);

v1::Dataset GetDataset(Session& session, const std::string& name);

/// What came of waiting for a data set's import.
struct ImportOutcome {
  /// kOk: `dataset` is READY or UNUSABLE. Otherwise the exit code to leave with; everything has been said.
  ExitCode code;
  v1::Dataset dataset;
};
ImportOutcome AwaitImport(Session& session, const v1::Dataset& dataset, const Deadline& deadline);

/// Throws Failure (kJobFailed) with the data set's error if it is UNUSABLE.
void ThrowIfUnusable(const v1::Dataset& dataset);

}  // namespace modlab::client
