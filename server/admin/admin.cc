#include "server/admin/admin.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/jobs/users.h"
#include "server/store/backup.h"
#include "server/store/fsck.h"
#include "server/telemetry/audit_log.h"

namespace modlab::server {
namespace {

using modlab::v1::Role;

constexpr std::array<std::string_view, 4> kCommands = {"user", "token", "backup", "fsck"};
/// A quota that is what the server gives everybody.
constexpr std::string_view kDefault = "default";
constexpr const char* kAdminExamples = R"(
Examples:
  modlabd user add alice --data-dir /var/lib/modlab
  modlabd user add carol --role admin --data-dir /var/lib/modlab
  modlabd user add carol --running 4 --storage default --data-dir /var/lib/modlab    # the rest stays as it is
  modlabd token create alice --expires 90d --data-dir /var/lib/modlab > alice.token
  modlabd token list --data-dir /var/lib/modlab
  modlabd token revoke 3hq7xw2nzk5c --data-dir /var/lib/modlab
  modlabd backup /backup/2026-11-24 --data-dir /var/lib/modlab
  modlabd fsck --data-dir /var/lib/modlab

All of them work while the server runs, and while it does not.)";

std::map<std::string, Role> Roles() { return {{"admin", Role::ADMIN}, {"user", Role::USER}, {"reader", Role::READER}}; }

std::string NameOf(Role role) {
  for (const auto& [name, known] : Roles()) {
    if (known == role) return name;
  }
  return "?";
}

std::string Day(int64_t micros) { return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(micros / 1'000'000)); }

/// A quota as people read it: `-` where the server's default holds.
std::string Text(const std::optional<int64_t>& quota) {
  return !quota ? "-" : *quota == 0 ? "no limit" : std::to_string(*quota);
}

/// Absent: stays as it is. A quota that is given and absent: what the server gives everybody.
using QuotaChange = std::optional<std::optional<int64_t>>;

struct Arguments {
  std::filesystem::path data_directory;
  std::string name;
  std::optional<Role> role;
  QuotaChange running_jobs;
  QuotaChange queued_jobs;
  QuotaChange stored_bytes;
  double lifetime_seconds = 90 * 86400.0;
};

class Commands {
 public:
  explicit Commands(const Arguments& arguments)
      : arguments_(arguments),
        database_(Existing(arguments.data_directory)),
        users_(database_),
        audit_(arguments.data_directory / "audit.log") {}

  void AddUser() {
    Audit("user add", arguments_.name);
    CheckUserName(arguments_.name);
    std::vector<std::string> changes;
    database_.Transact([&](SQLite::Database& connection) {
      const auto found = FindUser(connection, arguments_.name);
      StoredUser user = found.value_or(StoredUser{});
      if (!found) changes.push_back("added as " + NameOf(arguments_.role.value_or(user.role)));
      if (found && arguments_.role && *arguments_.role != user.role) {
        changes.push_back(fmt::format("role {}, was {}", NameOf(*arguments_.role), NameOf(user.role)));
      }
      Change("running", arguments_.running_jobs, &user.quota.running_jobs, &changes);
      Change("queued", arguments_.queued_jobs, &user.quota.queued_jobs, &changes);
      Change("storage", arguments_.stored_bytes, &user.quota.stored_bytes, &changes);
      PutUser(connection, arguments_.name, arguments_.role.value_or(user.role));
      SetUserQuota(connection, arguments_.name, user.quota);
    });
    fmt::print("{}: {}\n", arguments_.name,
               changes.empty() ? "as before" : fmt::format("{}", fmt::join(changes, "; ")));
  }

  void RemoveUser() {
    Audit("user remove", arguments_.name);
    const bool found = database_.Transact(
        [&](SQLite::Database& connection) { return server::DeleteUser(connection, arguments_.name); });
    if (!found) throw std::runtime_error(fmt::format("there is no user {}", arguments_.name));
  }

  void PrintUsers() {
    const auto users = database_.Read([](SQLite::Database& connection) { return ListUsers(connection); });
    for (const StoredUser& user : users) {
      fmt::print("{:24} {:7} {:>8} {:>8} {:>16}  {}\n", user.name, NameOf(user.role), Text(user.quota.running_jobs),
                 Text(user.quota.queued_jobs), Text(user.quota.stored_bytes), Day(user.create_time));
    }
  }

  void CreateToken() {
    const std::string token =
        users_.MakeToken(arguments_.name, static_cast<int64_t>(arguments_.lifetime_seconds * 1e6));
    Audit("token create", Users::IdOfToken(token) + " of " + arguments_.name);
    fmt::print("{}\n", token);
  }

  void PrintTokens() {
    const auto tokens = database_.Read([](SQLite::Database& connection) { return ListTokens(connection); });
    for (const StoredToken& token : tokens) {
      fmt::print("{}  {:24} from {} to {}{}\n", token.id, token.user, Day(token.create_time), Day(token.expire_time),
                 token.expire_time <= NowMicros() ? ", out of date" : "");
    }
  }

  void RevokeToken() {
    Audit("token revoke", arguments_.name);
    const bool found =
        database_.Transact([&](SQLite::Database& connection) { return DeleteToken(connection, arguments_.name); });
    if (!found) {
      throw std::runtime_error(fmt::format("there is no token {} (`modlabd token list` shows them)", arguments_.name));
    }
  }

  void Backup() {
    Audit("backup", arguments_.name);
    const BackupReport report = BackUp(arguments_.data_directory, database_, arguments_.name, ProgressOf("copied"));
    fmt::print("{}: {} blobs, {} bytes; start modlabd with --data-dir {} to use it\n", arguments_.name, report.blobs,
               report.bytes, arguments_.name);
  }

  void Fsck() {
    const FsckReport report = CheckDataDirectory(arguments_.data_directory, database_, ProgressOf("checked"));
    for (const std::string& problem : report.problems) fmt::print("{}\n", problem);
    fmt::print("{} jobs, {} events, {} models, {} data sets, {} experiments, {} uploads, {} blobs ({} bytes): ",
               report.jobs, report.events, report.models, report.datasets, report.experiments, report.uploads,
               report.blobs, report.blob_bytes);
    if (report.problems.empty()) {
      fmt::print("clean\n");
      return;
    }
    fmt::print("{} problems\n", report.problems.size());
    throw std::runtime_error(
        "what is damaged can be had from a backup, or deleted as a job, model or data set and made again");
  }

 private:
  void Audit(const char* action, const std::string& resource) {
    audit_.Write({fmt::format("uid {}", ::getuid()), "operator", action, resource, "", ""});
  }

  static void Change(const char* what, const QuotaChange& change, std::optional<int64_t>* quota,
                     std::vector<std::string>* changes) {
    if (!change || *change == *quota) return;
    changes->push_back(fmt::format("{} {}, was {}", what, Text(*change), Text(*quota)));
    *quota = *change;
  }

  /// A line on a terminal's standard error, from the second second on.
  static std::function<void(int64_t, int64_t)> ProgressOf(const char* done) {
    using Clock = std::chrono::steady_clock;
    if (::isatty(STDERR_FILENO) == 0) return [](int64_t, int64_t) {};
    return [done, next = Clock::now() + std::chrono::seconds(1), begun = false](int64_t bytes, int64_t all) mutable {
      if (begun && bytes == all) fmt::print(stderr, "\r\033[K");
      if (bytes == all || Clock::now() < next) return;
      fmt::print(stderr, "\r{} {} of {} MiB", done, bytes >> 20, all >> 20);
      next = Clock::now() + std::chrono::milliseconds(200);
      begun = true;
    };
  }

  // A directory that is misspelt must not become a new one.
  static std::filesystem::path Existing(const std::filesystem::path& data_directory) {
    auto path = data_directory / "modlab.db";
    if (!std::filesystem::exists(path)) {
      throw std::runtime_error(fmt::format(
          "{} is no data directory: start modlabd on it once, or give another --data-dir", data_directory.string()));
    }
    return path;
  }

  const Arguments& arguments_;
  Database database_;
  Users users_;
  AuditLog audit_;
};

class Parser {
 public:
  Parser() : app_("modlabd's commands for its operator") {
    app_.footer(kAdminExamples);
    app_.require_subcommand(1);
    CLI::App* user = Family("user", "Who may use the server over TLS");
    CLI::App* add =
        Add(*user, "add", "Add a user, or change what is given of one who is there", &Commands::AddUser, "NAME");
    add->add_option("--role", arguments_.role,
                    "admin (may do everything), user (makes jobs and models) or reader (looks at what is there) [user]")
        ->transform(CLI::CheckedTransformer(Roles()))
        ->option_text("ROLE");
    constexpr int64_t most_jobs = 1'000'000;
    AddQuota(*add, "--running", "Jobs that may run at once, 0 for no limit, `default` for modlabd's --user-running",
             most_jobs, &arguments_.running_jobs)
        ->option_text("N");
    AddQuota(*add, "--queued", "Jobs that may wait at once, 0 for no limit, `default` for modlabd's --user-queued",
             most_jobs, &arguments_.queued_jobs)
        ->option_text("N");
    AddQuota(*add, "--storage",
             "What models, uploads and artifacts may take, e.g. 100GiB, 0 for no limit, `default` for modlabd's "
             "--user-storage",
             int64_t{1} << 60, &arguments_.stored_bytes)
        ->option_text("SIZE");
    Add(*user, "list", "Show the users, with role, quotas (running, queued, stored) and day of entry",
        &Commands::PrintUsers);
    Add(*user, "remove", "Remove a user and their tokens; what they own stays", &Commands::RemoveUser, "NAME");

    CLI::App* token = Family("token", "What a user shows to be let in");
    CLI::App* create =
        Add(*token, "create", "Print a new token of a user; it cannot be shown again", &Commands::CreateToken, "USER");
    create->add_option("--expires", arguments_.lifetime_seconds, "How long it can be used, e.g. 12h or 90d [90d]")
        ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"m", 60}, {"h", 3600}, {"d", 86400}},
                                          CLI::AsNumberWithUnit::CASE_SENSITIVE))
        ->check(CLI::Range(1.0, 3650 * 86400.0))
        ->option_text("TIME");
    Add(*token, "list", "Show all tokens' ids, users and times", &Commands::PrintTokens);
    Add(*token, "revoke", "Make a token useless, from the next call on", &Commands::RevokeToken, "ID");

    Add(app_, "backup", "Copy the data directory to DIR, which a server can be started on", &Commands::Backup, "DIR");
    Add(app_, "fsck", "Verify every row, blob and file; exit code 1 where something is wrong", &Commands::Fsck);
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& done) {
      return app_.exit(done);
    } catch (const CLI::ParseError& error) {
      fmt::print(stderr, "modlabd: {}\nRun `modlabd {} --help` for the options.\n", error.what(), argv[1]);
      return 2;
    }
    try {
      Commands commands(arguments_);
      (commands.*chosen_)();
      return 0;
    } catch (const std::exception& error) {
      fmt::print(stderr, "modlabd: {}\n", error.what());
      return 1;
    }
  }

 private:
  CLI::App* Family(const std::string& name, const std::string& description) {
    CLI::App* family = app_.add_subcommand(name, description);
    family->require_subcommand(1);
    return family;
  }

  /// A number, which may have a unit of bytes, or `default`.
  static CLI::Option* AddQuota(CLI::App& command, const std::string& name, const std::string& description, int64_t most,
                               QuotaChange* change) {
    const auto check = [most](std::string& text) -> std::string {
      if (text == kDefault) return "";
      const std::string problem = CLI::AsSizeValue(false)(text);
      return problem.empty() ? CLI::Range(int64_t{0}, most)(text) : problem;
    };
    const auto take = [change](const std::string& text) {
      change->emplace(text == kDefault ? std::nullopt : std::optional<int64_t>(std::stoll(text)));
    };
    return command.add_option_function<std::string>(name, take, description)->transform(CLI::Validator(check, ""));
  }

  CLI::App* Add(CLI::App& family, const std::string& name, const std::string& description, void (Commands::*run)(),
                const std::string& argument = "") {
    CLI::App* command = family.add_subcommand(name, description);
    if (!argument.empty()) command->add_option("name", arguments_.name, "")->required()->option_text(argument);
    command->add_option("--data-dir", arguments_.data_directory, "The server's data directory")->required();
    command->callback([this, run] { chosen_ = run; });
    return command;
  }

  CLI::App app_;
  Arguments arguments_;
  void (Commands::*chosen_)() = nullptr;
};

}  // namespace

bool IsAdminCommand(int argc, char** argv) {
  return argc > 1 && std::find(kCommands.begin(), kCommands.end(), argv[1]) != kCommands.end();
}

int RunAdminCommand(int argc, char** argv) { return Parser().Run(argc, argv); }

}  // namespace modlab::server
