#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/errors.h"
#include "modlab/v1/server.pb.h"

namespace modlab::client {

/// Whether version `a` (`1.2.3`) is older than `b`. Parts that are not numbers count as 0.
bool IsOlderVersion(const std::string& a, const std::string& b);

/// Whether a server speaks the protocol of this client, `modlab.v1`.
bool SpeaksOurProtocol(const v1::Server& server);

/// What to say when a server does not know a call: which of the two is too old, and what to do. `server` is what it
/// says about itself, nothing if it does not know that call either. `address` is what the user knows it by.
Failure ExplainUnimplemented(std::string_view address, const std::optional<v1::Server>& server);

}  // namespace modlab::client
