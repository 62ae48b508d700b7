#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "client/connection.h"
#include "client/local_file.h"
#include "modlab/v1/upload.pb.h"

namespace modlab::client {

/// How a transfer goes on when the connection breaks, and who is told. A transfer that would go on beyond the
/// connection's deadline throws Failure (kTimedOut).
struct TransferOptions {
  /// Is told how many bytes of how many have gone over.
  std::function<void(std::int64_t done, std::int64_t total)> progress = [](std::int64_t, std::int64_t) {};
  /// The connection broke and is being taken up again; called once for every loss.
  std::function<void(const std::string& why)> on_disconnected = [](const std::string&) {};
  /// As WatchOptions has them.
  std::chrono::seconds reconnect_for = std::chrono::minutes(10);
  std::chrono::milliseconds first_backoff{250};
  std::function<void()> restart_server;
};

/// Brings a file's content to the server, unless the server has it already: in pieces of 256 KiB, and from where the
/// server stands after the connection broke. Returns the COMPLETE upload. Throws Failure.
v1::Upload Upload(Connection& connection, const LocalFile& file, const TransferOptions& options);

/// Fetches a model's content into `output` and checks it against the model's size and digest. Throws Failure. The file
/// is not committed.
void DownloadModel(Connection& connection, const v1::Model& model, OutputFile& output, const TransferOptions& options);

/// Fetches what is stored of a data set that is READY, likewise.
void DownloadDataset(Connection& connection, const v1::Dataset& dataset, OutputFile& output,
                     const TransferOptions& options);

/// Fetches an artifact of `job`, likewise.
void DownloadArtifact(Connection& connection, const std::string& job, const v1::Artifact& artifact, OutputFile& output,
                      const TransferOptions& options);

}  // namespace modlab::client
