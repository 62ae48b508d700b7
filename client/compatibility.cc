#include "client/compatibility.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr std::string_view kProtocol = "modlab.v1";
const std::string kVersion = MODLAB_VERSION;  // NOLINT(bugprone-throwing-static-initialization)

std::string Remedy(bool server_is_older) {
  return server_is_older ? "upgrade the server, or use a client of its version"
                         : "upgrade the client, or use one of the server's version";
}

}  // namespace

bool IsOlderVersion(const std::string& a, const std::string& b) {
  const auto parts = [](const std::string& version) {
    std::array<int, 3> numbers{};
    const char* position = version.data();
    const char* const end = position + version.size();
    for (int& number : numbers) {
      const auto [rest, error] = std::from_chars(position, end, number);
      if (error != std::errc{} || rest == end || *rest != '.') break;
      position = rest + 1;
    }
    return numbers;
  };
  return parts(a) < parts(b);
}

bool SpeaksOurProtocol(const v1::Server& server) {
  return std::find(server.api_versions().begin(), server.api_versions().end(), kProtocol) !=
         server.api_versions().end();
}

Failure ExplainUnimplemented(std::string_view address, const std::optional<v1::Server>& server) {
  if (!server) {
    return {ExitCode::kRefused,
            fmt::format("what answers at {} is no server that speaks {}, as this client, modlab {}, "
                        "does; look at the address, or upgrade the older of the two",
                        address, kProtocol, kVersion)};
  }
  const std::string version = Printable(server->version());
  const bool server_is_older = IsOlderVersion(server->version(), kVersion);
  if (!SpeaksOurProtocol(*server)) {
    const std::string spoken = fmt::format("{}", fmt::join(server->api_versions(), ", "));
    return {ExitCode::kRefused,
            fmt::format("the server at {}, modlab {}, speaks {} and not {}, as this client, modlab {}, does: {}",
                        address, version, spoken.empty() ? "nothing" : Printable(spoken), kProtocol, kVersion,
                        Remedy(server_is_older))};
  }
  if (server_is_older) {
    return {ExitCode::kRefused, fmt::format("the server at {}, modlab {}, is too old for this command of modlab {}: {}",
                                            address, version, kVersion, Remedy(true))};
  }
  if (IsOlderVersion(kVersion, server->version())) {
    return {ExitCode::kRefused, fmt::format("this client, modlab {}, is too old for this command at {}, modlab {}: {}",
                                            kVersion, address, version, Remedy(false))};
  }
  return {
      ExitCode::kRefused,
      fmt::format("the server at {} does not know this command, though it is modlab {}, as the client is: they come "
                  "from different sources; build both from the newer one",
                  address, version)};
}

}  // namespace modlab::client
