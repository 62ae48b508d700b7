#include "server/rpc/authenticator.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include "server/jobs/request_error.h"
#include "server/rpc/shared_socket.h"

namespace modlab::server {
namespace {

std::string Property(const grpc::AuthContext& context, const char* name) {
  const auto values = context.FindPropertyValues(name);
  return values.empty() ? "" : std::string(values.front().data(), values.front().size());
}

}  // namespace

bool Authenticator::IsUser(uid_t uid) const {
  try {
    OfUid(uid);
    return true;
  } catch (const RequestError&) {
    return false;
  }
}

Principal Authenticator::OfUid(uid_t uid) const {
  if (uid == 0 || uid == ::geteuid()) return own_user_;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    throw RequestError(modlab::v1::UNAUTHENTICATED, "your uid has no login name on the server's machine");
  }
  return users_.FromName(found->pw_name);
}

Principal Authenticator::Identify(const grpc::ServerContextBase& context) const {
  if (const auto peer = SharedSocket::PeerOf(context.peer())) {
    Principal principal = OfUid(peer->uid);
    if (!peer->stranger) return principal;
    throw RequestError(modlab::v1::UNAUTHENTICATED,
                       "you were no user yet when this connection was made: connect again");
  }
  const auto security = context.auth_context();
  const std::string transport = security ? Property(*security, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME) : "";
  if (transport == "insecure") return own_user_;  // Whatever else it may be, somebody has to be named.

  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find("authorization"); found != metadata.end()) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view value(found->second.data(), found->second.size());
    return users_.FromToken(value.starts_with(scheme) ? value.substr(scheme.size()) : "");
  }
  if (security && security->IsPeerAuthenticated())
    return users_.FromName(Property(*security, GRPC_X509_CN_PROPERTY_NAME));
  throw RequestError(modlab::v1::UNAUTHENTICATED,
                     "this server wants to know who you are: give a token (--token-file) or a client certificate");
}

}  // namespace modlab::server
