#include "client/commands/dataset_flow.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "client/commands/save.h"
#include "client/local_file.h"
#include "client/names.h"
#include "client/output/text.h"
#include "client/transfer.h"
#include "client/units.h"

namespace modlab::client {
namespace {

v1::Dataset SendRequest(Session& session, const DatasetOptions& options, v1::CreateDatasetRequest request) {
  v1::Dataset& dataset = *request.mutable_dataset();
  dataset.set_display_name(options.display_name);
  if (options.normalization.ByteSizeLong() > 0) *dataset.mutable_normalization() = options.normalization;
  for (const auto& [key, value] : ParseLabels(options.labels)) (*dataset.mutable_labels())[key] = value;
  if (!options.resources.empty()) options.resources.ApplyTo(*request.mutable_resources());
  request.set_request_id(NewRequestId());
  Connection& connection = session.Connect();
  v1::Dataset created = connection.CallWithRetries(&v1::DatasetService::Stub::CreateDataset, request);
  // Apart from its creation, since the server may have had it before.
  if (!options.sharing.given()) return created;
  return connection.CallWithRetries(&v1::DatasetService::Stub::ShareDataset,
                                    options.sharing.RequestFor(created.name()));
}

}  // namespace

TensorArgument ParseTensorFile(const std::string& name, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::error_code error;
  if (colon == std::string::npos || std::filesystem::exists(text, error)) return {name, text, ""};
  return {name, text.substr(0, colon), text.substr(colon + 1)};
}

TensorArgument ParseNamedTensor(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw UsageError(fmt::format("'{}' is no tensor: write NAME=FILE, or NAME=FILE:MEMBER", Printable(text)));
  }
  return ParseTensorFile(text.substr(0, equals), text.substr(equals + 1));
}

void ParseRows(const std::string& text, DatasetOptions& options) {
  const std::size_t dots = text.find("..");
  const auto number = [&](const std::string& digits) {
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || value < 0) {
      throw UsageError(fmt::format("'{}' are no rows: write FIRST..END, as 0..1500, or FIRST..", Printable(text)));
    }
    return value;
  };
  options.first_row = number(text.substr(0, dots));
  if (dots == std::string::npos) number("");
  if (dots + 2 == text.size()) return;
  options.rows = number(text.substr(dots + 2)) - options.first_row;
  if (*options.rows < 1) throw UsageError(fmt::format("there are no rows in {}", Printable(text)));
}

v1::Dataset PushDataset(Session& session, const std::vector<TensorArgument>& tensors, const DatasetOptions& options) {
  v1::CreateDatasetRequest request;
  v1::TensorFiles& files = *request.mutable_dataset()->mutable_source()->mutable_files();
  files.set_first_row(options.first_row);
  if (options.rows) files.set_rows(*options.rows);
  for (const TensorArgument& tensor : tensors) {
    const LocalFile file(tensor.path);
    v1::TensorFile& described = *files.add_tensors();
    described.set_name(tensor.name);
    described.set_member(tensor.member);
    described.set_file_name(file.name());
    const auto progress = session.StartProgress(std::chrono::seconds(1));
    const std::string phase = "sending " + file.name();
    described.set_upload(Upload(session.Connect(), file, ShownTransfer(session, *progress, phase)).name());
  }
  return SendRequest(session, options, request);
}

v1::Dataset CreateDataset(Session& session, const v1::DatasetSource& source, const DatasetOptions& options) {
  v1::CreateDatasetRequest request;
  *request.mutable_dataset()->mutable_source() = source;
  return SendRequest(session, options, request);
}

v1::Dataset GetDataset(Session& session, const std::string& name) {
  v1::GetDatasetRequest request;
  request.set_name(name);
  return session.Connect().CallWithRetries(&v1::DatasetService::Stub::GetDataset, request);
}

ImportOutcome AwaitImport(Session& session, const v1::Dataset& dataset, const Deadline& deadline) {
  if (dataset.state() != v1::Dataset::IMPORTING) return {ExitCode::kOk, dataset};
  const WatchOutcome outcome = AwaitJob(session, dataset.import_job(), deadline, Announce::kNo);
  if (outcome.end != WatchEnd::kJobEnded) return {Report(session, outcome), dataset};
  return {ExitCode::kOk, GetDataset(session, dataset.name())};
}

void ThrowIfUnusable(const v1::Dataset& dataset) {
  if (dataset.state() != v1::Dataset::UNUSABLE) return;
  throw Failure(
      ExitCode::kJobFailed,
      Describe(fmt::format("data set {} cannot be used: its import failed", IdOf(dataset.name())), dataset.error()));
}

}  // namespace modlab::client
