#include "client/output/server_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>

#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

std::string DiskText(const v1::Server& server) {
  if (server.free_bytes() <= 0 && server.min_free_bytes() <= 0) return "";  // a server that does not tell
  const bool full = server.free_bytes() < server.min_free_bytes();
  return fmt::format(
      "{} free{}", SizeText(server.free_bytes()),
      full ? fmt::format(", under the {} below which nothing new is taken", SizeText(server.min_free_bytes())) : "");
}

/// `3 of 10`; `3` where there is no limit.
std::string UseText(const std::string& used, const std::optional<std::string>& limit) {
  return limit ? used + " of " + *limit : used;
}

void AddQuota(Facts& facts, const v1::Quota& quota) {
  const auto count = [](int used, bool limited, int limit) {
    return UseText(std::to_string(used), limited ? std::optional(std::to_string(limit)) : std::nullopt);
  };
  facts.Add("your jobs", fmt::format("{} running, {} queued",
                                     count(quota.running_jobs_used(), quota.has_running_jobs(), quota.running_jobs()),
                                     count(quota.queued_jobs_used(), quota.has_queued_jobs(), quota.queued_jobs())));
  facts.Add("your content",
            UseText(SizeText(quota.stored_bytes_used()),
                    quota.has_stored_bytes() ? std::optional(SizeText(quota.stored_bytes())) : std::nullopt));
}

}  // namespace

std::string ServerText(const v1::Server& server, std::string_view address, double now, const TextStyle& style) {
  std::string text = Bold(fmt::format("modlab server {}", Printable(server.version())), style);
  if (server.stopping()) text += ", stopping";
  if (server.draining()) text += ", draining";
  Facts facts(style);
  facts.Add("address", address);
  if (!server.user().empty()) {
    std::string role = v1::Role_Name(server.role());
    std::transform(role.begin(), role.end(), role.begin(), [](unsigned char c) { return std::tolower(c); });
    facts.Add("you are", fmt::format("{}, {}", Printable(server.user()), role));
  }
  facts.Add("process", fmt::format("{}{}", server.pid(),
                                   server.on_demand() ? ", started on demand; leaves when it has been idle" : ""));
  facts.Add("up for", SecondsText(now - static_cast<double>(server.start_time().seconds())));
  facts.Add("jobs", fmt::format("{} running, {} queued", server.running_jobs(), server.queued_jobs()));
  facts.Add("paused", Printable(server.paused()));
  facts.Add("workers", fmt::format("{}, {} of them warm", server.workers(), server.warm_workers()));
  facts.Add("defaults", fmt::format("{} threads, {}, at most {} for each job", server.default_resources().threads(),
                                    SizeText(static_cast<double>(server.default_resources().memory_bytes())),
                                    SecondsText(Seconds(server.default_resources().wall_time()))));
  facts.Add("sandbox", Printable(server.sandbox()));
  facts.Add("disk", DiskText(server));
  if (server.has_quota()) AddQuota(facts, server.quota());
  return text + '\n' + facts.text();
}

}  // namespace modlab::client
