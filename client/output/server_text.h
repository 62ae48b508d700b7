#pragma once

#include <string>
#include <string_view>

#include "client/output/terminal.h"
#include "modlab/v1/server.pb.h"

namespace modlab::client {

/// What `server status` says. `address` is what the client reached it by, `now` the time in seconds since 1970.
std::string ServerText(const v1::Server& server, std::string_view address, double now, const TextStyle& style);

}  // namespace modlab::client
