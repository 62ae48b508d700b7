#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modlab::server {

/// A Unix socket that the users of a machine share. gRPC does not tell who is at the other end of a Unix socket, so the
/// connections are accepted here, their uid is asked for (SO_PEERCRED), and their descriptors are handed over.
///
/// gRPC names such a connection `fd:N` after its descriptor, and knows nothing else of it. Descriptors are used again,
/// and a call may outlive its connection for a moment: so that no call is ever taken for another user's, each user's
/// uid has a range of descriptors that is nobody else's as long as this process lives. That also bounds what one user
/// can have open. Strangers, whose uids may be any number, share one range, and are never anybody. Not thread safe, but
/// PeerOf.
class SharedSocket {
 public:
  /// Makes the socket; everybody who may search its directory can connect. `hand_over(descriptor)` gets the
  /// connections, on the context. Throws std::runtime_error with a sentence.
  /// `is_user` says whether a uid may have a range of descriptors; called on the context, for each connection until it
  /// has one; what it throws refuses the connection.
  SharedSocket(boost::asio::io_context& context, const std::string& path, std::function<bool(uid_t)> is_user,
               std::function<void(int)> hand_over);
  ~SharedSocket();

  /// Who is at the other end of a connection.
  struct Peer {
    uid_t uid = 0;
    /// Was no user when the connection was made: not to be let in, whoever has this uid. Another stranger, even, may
    /// have had the descriptor before.
    bool stranger = true;
  };
  /// By what gRPC calls it; nothing where it is none of ours.
  static std::optional<Peer> PeerOf(std::string_view peer);

 private:
  void Accept();
  void AcceptLater();
  void Take(boost::asio::local::stream_protocol::socket connection);
  void Warn(const std::string& text);

  std::string path_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::function<bool(uid_t)> is_user_;
  std::function<void(int)> hand_over_;
  std::chrono::steady_clock::time_point next_warning_;
};

}  // namespace modlab::server
