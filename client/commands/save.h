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

/// What a file can be called whose name a server suggested: of a path only the last part, nothing that a terminal would
/// act upon, no hidden file, and nothing that looks like an option.
std::string SafeFileName(const std::string& suggested);

/// Runs `download` into the file, showing progress, and prints the file's path: as `{"path": ...}` where JSON is asked
/// for. Leaves no half file behind, also not on Ctrl-C. `suggested` came from a server; see SafeFileName.
void Save(Session& session, const SaveOptions& options, const std::string& suggested,
          const std::function<void(OutputFile&, const TransferOptions&)>& download);

}  // namespace modlab::client
