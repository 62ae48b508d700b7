#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modlab::server {

/// A Unix socket that the users of a machine share. gRPC does not tell who is at the other end of a Unix socket, so the
/// connections are accepted here, their uid is asked for (SO_PEERCRED), and their descriptors are handed over.
///
/// gRPC names such a connection `fd:N` after its descriptor, and knows nothing else of it. Descriptors are used again,
/// and a call may outlive its connection for a moment: so that no call is ever taken for another user's, each uid has
/// a range of descriptors that is nobody else's as long as this process lives. That also bounds what one user can have
/// open. Not thread safe, but UidOf.
class SharedSocket {
 public:
  /// Makes the socket; everybody who may search its directory can connect. `hand_over(descriptor)` gets the
  /// connections, on the context. Throws std::runtime_error with a sentence.
  SharedSocket(boost::asio::io_context& context, const std::string& path, std::function<void(int)> hand_over);
  ~SharedSocket();

  /// The uid at the other end of a connection, by what gRPC calls its peer; nothing where it is none of ours.
  static std::optional<uid_t> UidOf(std::string_view peer);

 private:
  void Accept();
  void AcceptLater();
  void Take(boost::asio::local::stream_protocol::socket connection);

  std::string path_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::function<void(int)> hand_over_;
};

}  // namespace modlab::server
