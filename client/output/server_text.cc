#include "client/output/server_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "client/output/facts.h"
#include "client/output/grid.h"
#include "client/output/text.h"

namespace modlab::client {

std::string ServerText(const v1::Server& server, std::string_view address, double now, const TextStyle& style) {
  std::string text = Bold(fmt::format("modlab server {}", Printable(server.version())), style);
  if (server.stopping()) text += ", stopping";
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
  facts.Add("workers", fmt::format("{}, {} of them warm", server.workers(), server.warm_workers()));
  facts.Add("defaults", fmt::format("{} threads, {}, at most {} for each job", server.default_resources().threads(),
                                    SizeText(static_cast<double>(server.default_resources().memory_bytes())),
                                    SecondsText(Seconds(server.default_resources().wall_time()))));
  facts.Add("sandbox", Printable(server.sandbox()));
  return text + '\n' + facts.text();
}

}  // namespace modlab::client
