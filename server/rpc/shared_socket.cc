#include "server/rpc/shared_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

using boost::asio::local::stream_protocol;

/// Where the ranges of descriptors start, above all that the daemon opens itself, and how long each is.
constexpr int kFirstDescriptor = 4096;
constexpr int kDescriptors = 512;
constexpr auto kPause = std::chrono::milliseconds(200);
/// Between two warnings: whoever can connect can cause them.
constexpr auto kWarnings = std::chrono::seconds(1);

/// The ranges: the first is the strangers', the n-th behind it of the n-th user that ever connected.
class Ranges {
 public:
  /// Of the range that is this uid's; of the strangers' where it is no user.
  int FirstOf(uid_t uid, const std::function<bool(uid_t)>& is_user) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = std::find(users_.begin(), users_.end(), uid); found != users_.end()) {
        return First(static_cast<size_t>(found - users_.begin()) + 1);
      }
    }
    if (!is_user(uid)) return First(0);  // takes its time, while others ask who a peer is
    const std::lock_guard lock(mutex_);
    users_.push_back(uid);
    return First(users_.size());
  }

  /// Notes whose connection has this descriptor.
  void Note(int descriptor, uid_t uid) {
    const std::lock_guard lock(mutex_);
    if (descriptor < First(1)) strangers_.at(static_cast<size_t>(descriptor - First(0))) = uid;
  }

  std::optional<SharedSocket::Peer> PeerOf(int descriptor) {
    const std::lock_guard lock(mutex_);
    if (descriptor < First(0)) return std::nullopt;
    if (descriptor < First(1)) {
      return SharedSocket::Peer{strangers_.at(static_cast<size_t>(descriptor - First(0))), true};
    }
    const auto index = static_cast<size_t>((descriptor - First(1)) / kDescriptors);
    if (index >= users_.size()) return std::nullopt;
    return SharedSocket::Peer{users_[index], false};
  }

 private:
  static int First(size_t range) { return kFirstDescriptor + static_cast<int>(range) * kDescriptors; }

  std::mutex mutex_;
  std::array<uid_t, kDescriptors> strangers_{};
  std::vector<uid_t> users_;
};

Ranges& AllRanges() {
  static Ranges ranges;
  return ranges;
}

}  // namespace

SharedSocket::SharedSocket(boost::asio::io_context& context, const std::string& path,
                           std::function<bool(uid_t)> is_user, std::function<void(int)> hand_over)
    : path_(path), acceptor_(context), pause_(context), is_user_(std::move(is_user)), hand_over_(std::move(hand_over)) {
  try {
    ::unlink(path.c_str());  // an earlier daemon's; that none listens on it has been looked at
    acceptor_.open();
    acceptor_.bind(stream_protocol::endpoint(path));
    if (::chmod(path.c_str(), 0666) != 0) ThrowErrno("open the socket to others");
    acceptor_.listen();
  } catch (const std::system_error& error) {
    throw std::runtime_error(fmt::format("cannot listen on shared:{}: {}", path, error.what()));
  }
  Accept();
}

SharedSocket::~SharedSocket() { ::unlink(path_.c_str()); }

std::optional<SharedSocket::Peer> SharedSocket::PeerOf(std::string_view peer) {
  constexpr std::string_view beginning = "fd:";
  if (!peer.starts_with(beginning)) return std::nullopt;
  peer.remove_prefix(beginning.size());
  int descriptor = -1;
  const auto [end, error] = std::from_chars(peer.data(), peer.data() + peer.size(), descriptor);
  if (error != std::errc() || end != peer.data() + peer.size()) return std::nullopt;
  return AllRanges().PeerOf(descriptor);
}

void SharedSocket::Accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, stream_protocol::socket connection) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) {
      Warn("failed: " + error.message());
      return AcceptLater();
    }
    Take(std::move(connection));
    Accept();
  });
}

/// Where there are no descriptors left, say, the next one would fail at once.
void SharedSocket::AcceptLater() {
  pause_.expires_after(kPause);
  pause_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Accept();
  });
}

void SharedSocket::Take(stream_protocol::socket connection) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(connection.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return Warn("does not say whose it is");
  }
  int first = 0;
  try {
    first = AllRanges().FirstOf(credentials.uid, is_user_);
  } catch (const std::exception& error) {
    return Warn(
        fmt::format("is refused, since nobody knows whether uid {} is a user: {}", credentials.uid, error.what()));
  }
  FileDescriptor own(::fcntl(connection.native_handle(), F_DUPFD_CLOEXEC, first));
  if (!own.valid()) {
    return Warn(
        fmt::format("of uid {} is refused, since the server may not have so many files open: {} (it needs {}; "
                    "raise its limit, as with LimitNOFILE= of systemd)",
                    credentials.uid, std::strerror(errno), first + kDescriptors));
  }
  if (own.get() >= first + kDescriptors) {
    return Warn(fmt::format("of uid {} is refused: {} are open already", credentials.uid,
                            first == kFirstDescriptor ? fmt::format("{} of strangers", kDescriptors)
                                                      : fmt::format("{} of this user", kDescriptors)));
  }
  AllRanges().Note(own.get(), credentials.uid);
  ::fcntl(own.get(), F_SETFL, ::fcntl(own.get(), F_GETFL) | O_NONBLOCK);
  hand_over_(own.Release());
}

void SharedSocket::Warn(const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_warning_) return;
  next_warning_ = now + kWarnings;
  spdlog::warn("a connection to shared:{} {}", path_, text);
}

}  // namespace modlab::server
