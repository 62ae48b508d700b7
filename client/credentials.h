#pragma once

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "client/server_address.h"

namespace modlab::client {

/// How a channel to this server is secured: not at all on a socket, which is its user's alone, or where that was asked
/// for; otherwise TLS, with the user's certificate and token where there are files of them. Throws UsageError where a
/// file cannot be used.
std::shared_ptr<grpc::ChannelCredentials> MakeCredentials(const ServerAddress& address);

/// A token from a file that nobody else may read, or from standard input (`-`). Throws UsageError, without a word of
/// what is in the file.
std::string ReadToken(const std::string& path);

}  // namespace modlab::client
