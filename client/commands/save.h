#pragma once

#include <functional>
#include <string>

#include "client/commands/commands.h"
#include "client/local_file.h"
#include "client/session.h"
#include "client/transfer.h"

namespace modlab::client {

/// Where a command that fetches something puts it.
struct SaveOptions {
  /// Empty: a name that the content suggests.
  std::string to;
  bool overwrite = false;
};

/// --to and --overwrite.
void AddSaving(CLI::App& command, SaveOptions& options);

/// How a command transfers: `phase` (`sending`) is what the progress says, which must live as long; and a local server
/// that dies is started again.
TransferOptions ShownTransfer(Session& session, Progress& progress, const std::string& phase);

/// Runs `download` into the file, showing progress, and prints the file's name. Leaves no half file behind, also not on
/// Ctrl-C. `suggested` came from a server: of a path only the last part is used, and no hidden file is written.
void Save(Session& session, const SaveOptions& options, const std::string& suggested,
          const std::function<void(OutputFile&, const TransferOptions&)>& download);

}  // namespace modlab::client
