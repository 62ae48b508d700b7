#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "client/connection.h"
#include "client/local_file.h"
#include "modlab/v1/upload.pb.h"

namespace modlab::client {

/// Is told how many bytes of how many have gone over.
using TransferProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Brings a file's content to the server, unless the server has it already: in pieces of 256 KiB, and from where the
/// server stands after the connection broke. Returns the COMPLETE upload. Throws Failure.
v1::Upload Upload(Connection& connection, const LocalFile& file, const TransferProgress& progress);

/// Fetches a model's content into `output` and checks it against the model's size and digest. Throws Failure. The file
/// is not committed.
void DownloadModel(Connection& connection, const v1::Model& model, OutputFile& output,
                   const TransferProgress& progress);

/// Fetches an artifact of `job`, likewise.
void DownloadArtifact(Connection& connection, const std::string& job, const v1::Artifact& artifact, OutputFile& output,
                      const TransferProgress& progress);

}  // namespace modlab::client
