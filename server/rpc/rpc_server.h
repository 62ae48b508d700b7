#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/executor/files.h"
#include "server/rpc/call.h"
#include "server/rpc/shared_socket.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace modlab::server {

/// An address that the daemon listens on: `unix:/absolute/path`, `shared:/absolute/path`, or `host:port`.
struct ListenAddress {
  std::string text;
  /// A socket of the daemon's user alone.
  bool unix_socket() const { return text.starts_with("unix:"); }
  /// A socket that all users of the machine can reach; see SharedSocket.
  bool shared_socket() const { return text.starts_with("shared:"); }
  std::string path() const { return text.substr(text.find(':') + 1); }
};

/// What TCP is encrypted with: files in PEM format, looked at again every few seconds, so that a certificate is renewed
/// without a restart. No `certificate`: TCP is not encrypted.
struct TlsFiles {
  std::filesystem::path certificate;  ///< The server's, with what it was signed by down to the root.
  std::filesystem::path key;
  std::filesystem::path client_ca;  ///< Signs the users' certificates; empty: they have tokens only.
};

/// The gRPC server around our services, with health (grpc.health.v1) and reflection. One daemon for each socket or
/// port: a second one is refused, not left to steal half of the connections.
class RpcServer {
 public:
  /// Listens and serves. Unix sockets are made in a directory of mode 0700 (created where it is absent) and belong to
  /// this user alone; shared ones in one of mode 0755, and are served by `context`; `is_user` is SharedSocket's. Throws
  /// std::runtime_error with a sentence where an address cannot be had.
  RpcServer(boost::asio::io_context& context, const std::vector<ListenAddress>& addresses, const TlsFiles& tls,
            const std::function<bool(uid_t)>& is_user, const std::vector<grpc::Service*>& services);
  /// As Shutdown.
  ~RpcServer();

  /// Ends every call: streams must have been interrupted (LiveCalls::InterruptAll) and unary calls finish by
  /// themselves.
  void Shutdown();

 private:
  std::vector<FileDescriptor> socket_locks_;
  std::vector<std::string> socket_paths_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<SharedSocket>> shared_sockets_;
};

}  // namespace modlab::server
