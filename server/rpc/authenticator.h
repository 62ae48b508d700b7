#pragma once

#include <grpcpp/grpcpp.h>

#include "server/jobs/users.h"

namespace modlab::server {

/// Says who makes a call. On a Unix socket, which is the daemon's user's alone, and over TCP without TLS, which was
/// asked for by --insecure: the daemon's own user. On a shared socket: the user with the login name of the uid at the
/// other end; root and the daemon's uid are the daemon's own user. Over TLS: the user that a verified client
/// certificate names as its common name, or whose token the call carries as `authorization: Bearer TOKEN`. Thread safe.
class Authenticator {
 public:
  Authenticator(Principal own_user, Users& users) : own_user_(std::move(own_user)), users_(users) {}

  /// May look into the database. Throws RequestError UNAUTHENTICATED.
  Principal Identify(const grpc::ServerContextBase& context) const;
  /// Whether a uid of this system, on a shared socket, is a user's. May look into the database.
  bool IsUser(uid_t uid) const;

 private:
  Principal OfUid(uid_t uid) const;

  Principal own_user_;
  Users& users_;
};

}  // namespace modlab::server
