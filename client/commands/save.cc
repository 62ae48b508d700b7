#include "client/commands/save.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "client/commands/job_flow.h"
#include "client/commands/options.h"
#include "client/interrupt.h"
#include "client/output/json.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

void PrintPath(const Session& session, const std::string& path) {
  const bool json = session.json() && !session.quiet();
  if (json && session.jsonl()) return session.PrintData(fmt::format("{{\"path\":{}}}\n", JsonString(path)));
  session.PrintData(json ? fmt::format("{{\n \"path\": {}\n}}\n", JsonString(path)) : path + '\n');
}

}  // namespace

std::string SafeFileName(const std::string& suggested) {
  const std::string name = std::filesystem::path(Printable(suggested)).filename().string();
  const bool usable = !name.empty() && name.front() != '.' && name.front() != '-';
  return usable ? name : "modlab-download";
}

void AddSaving(CLI::App& command, SaveOptions& options) {
  Takes(ValueKind::kFile,
        command.add_option("--to", options.to,
                           "File to write, - for standard output (default: the name that it has there)"))
      ->option_text("FILE");
  command.add_flag("--overwrite", options.overwrite, "Replace the file if it exists");
}

TransferOptions ShownTransfer(Session& session, Progress& progress, const std::string& phase) {
  TransferOptions options;
  options.progress = [&progress, phase](std::int64_t done, std::int64_t total) {
    progress.Show(phase, static_cast<double>(done) / static_cast<double>(total));
  };
  options.on_disconnected = [&progress](const std::string& why) { progress.Say(LostServerText(why)); };
  options.restart_server = [&session] { session.RestartLocalServer(); };
  return options;
}

void Save(Session& session, const SaveOptions& options, const std::string& suggested,
          const std::function<void(OutputFile&, const TransferOptions&)>& download) {
  const std::string path = options.to.empty() ? SafeFileName(suggested) : options.to;
  OutputFile output(path, options.overwrite);
  const InterruptHandler handler([&output] {
    output.Discard();
    _exit(static_cast<int>(ExitCode::kInterrupted));
  });
  const auto progress = session.StartProgress(std::chrono::seconds(1));
  download(output, ShownTransfer(session, *progress, "receiving"));
  progress->Clear();
  output.Commit();
  if (path != "-") PrintPath(session, path);
}

}  // namespace modlab::client
