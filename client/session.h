#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/connection.h"
#include "client/deadline.h"
#include "client/environment.h"
#include "client/errors.h"
#include "client/names.h"
#include "client/output/json.h"
#include "client/output/progress.h"
#include "client/output/terminal.h"
#include "client/server_address.h"

namespace modlab::client {

enum class Format {
  kTable,
  /// kTable with more columns.
  kWide,
  kJson,
  /// JSON Lines: one resource or event a line.
  kJsonl,
};

/// The options that every command has.
struct GlobalOptions {
  ServerSettings server;
  Format format = Format::kTable;
  bool quiet = false;
  /// How long the command may take.
  std::optional<google::protobuf::Duration> timeout;
};

/// One run of the program: whom it talks to and how it prints. Data goes to standard output, everything else to
/// standard error.
class Session {
 public:
  Session(GlobalOptions options, Environment environment);

  /// The server that is configured, or the user's own local daemon, which is started if it does not run.
  Connection& Connect();
  /// Likewise, but throws Failure (kUnreachable) where a local daemon would have to be started.
  Connection& ConnectToRunning();
  /// Starts the user's own local daemon again if that is the server meant and it has died. Throws Failure
  /// (kUnreachable).
  void RestartLocalServer();
  /// When the command is to be over (--timeout); nothing if it may take as long as it takes.
  const Deadline& deadline() const { return deadline_; }
  /// Whether no server is configured, so that the user's own local daemon is meant. Throws UsageError, as all that need
  /// the server do, where it is configured wrongly.
  bool is_local() { return !address(); }
  const Environment& environment() const { return environment_; }
  /// What the command line says about the server.
  const ServerSettings& server_flags() const { return options_.server; }

  /// Whether data is to be JSON, in either form.
  bool json() const { return options_.format == Format::kJson || options_.format == Format::kJsonl; }
  bool jsonl() const { return options_.format == Format::kJsonl; }
  bool quiet() const { return options_.quiet; }

  /// Prints `message` as -o and -q ask: as JSON, as the ids alone (one a line), or as the text that `table` makes.
  void Print(const google::protobuf::Message& message, std::string_view ids,
             const std::function<std::string(const TextStyle&)>& table) const;
  /// Likewise for the `items` that `list` holds; with jsonl one of them a line.
  template <typename Item>
  void PrintList(const google::protobuf::Message& list, const google::protobuf::RepeatedPtrField<Item>& items,
                 const std::function<std::string(const TextStyle&)>& table) const {
    std::string ids;
    std::string lines;
    for (const Item& item : items) {
      ids += (ids.empty() ? "" : "\n") + IdOf(item.name());
      if (jsonl()) lines += JsonLine(item);
    }
    if (jsonl() && !quiet()) {
      PrintData(lines);
    } else {
      Print(list, ids, table);
    }
  }
  void PrintData(std::string_view text) const;
  /// A sentence to standard error, not with -q. What a terminal would act upon is taken out of it.
  void Note(std::string_view sentence) const;

  /// `delay`: see Progress.
  std::unique_ptr<Progress> StartProgress(Progress::Clock::duration delay = {}) const;

  /// A command line that reaches the same server: `modlab job watch abc`, for people to copy.
  std::string CommandLine(std::string_view arguments) const;

 private:
  /// Looked up when it is first needed: what talks to no server must work with one that is configured wrongly, too, or
  /// that could not be mended.
  const std::optional<ServerAddress>& address();

  GlobalOptions options_;
  Environment environment_;
  Deadline deadline_;
  bool has_address_ = false;
  std::optional<ServerAddress> address_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace modlab::client
