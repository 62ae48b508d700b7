#include "server/rpc/shared_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

using boost::asio::local::stream_protocol;

/// Where the ranges of descriptors start, above all that the daemon opens itself, and how long each is.
constexpr int kFirstDescriptor = 4096;
constexpr int kDescriptorsOfUser = 512;
constexpr auto kPause = std::chrono::milliseconds(200);

/// The ranges: the n-th is of the n-th uid that ever connected.
class Ranges {
 public:
  int FirstOf(uid_t uid) {
    const std::lock_guard lock(mutex_);
    size_t index = 0;
    while (index < uids_.size() && uids_[index] != uid) ++index;
    if (index == uids_.size()) uids_.push_back(uid);
    return kFirstDescriptor + static_cast<int>(index) * kDescriptorsOfUser;
  }

  std::optional<uid_t> UidOf(int descriptor) {
    const std::lock_guard lock(mutex_);
    if (descriptor < kFirstDescriptor) return std::nullopt;
    const auto index = static_cast<size_t>((descriptor - kFirstDescriptor) / kDescriptorsOfUser);
    if (index >= uids_.size()) return std::nullopt;
    return uids_[index];
  }

 private:
  std::mutex mutex_;
  std::vector<uid_t> uids_;
};

Ranges& AllRanges() {
  static Ranges ranges;
  return ranges;
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

SharedSocket::SharedSocket(boost::asio::io_context& context, const std::string& path,
                           std::function<void(int)> hand_over)
    : path_(path), acceptor_(context), pause_(context), hand_over_(std::move(hand_over)) {
  RaiseDescriptorLimit();
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

std::optional<uid_t> SharedSocket::UidOf(std::string_view peer) {
  constexpr std::string_view beginning = "fd:";
  if (!peer.starts_with(beginning)) return std::nullopt;
  peer.remove_prefix(beginning.size());
  int descriptor = -1;
  const auto [end, error] = std::from_chars(peer.data(), peer.data() + peer.size(), descriptor);
  if (error != std::errc() || end != peer.data() + peer.size()) return std::nullopt;
  return AllRanges().UidOf(descriptor);
}

void SharedSocket::Accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, stream_protocol::socket connection) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) {
      spdlog::warn("a connection to shared:{} failed: {}", path_, error.message());
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
    spdlog::warn("a connection to shared:{} does not say whose it is", path_);
    return;
  }
  const int first = AllRanges().FirstOf(credentials.uid);
  FileDescriptor own(::fcntl(connection.native_handle(), F_DUPFD_CLOEXEC, first));
  if (!own.valid() || own.get() >= first + kDescriptorsOfUser) {
    spdlog::warn("uid {} has {} connections to shared:{}, and may have no more", credentials.uid, kDescriptorsOfUser,
                 path_);
    return;
  }
  ::fcntl(own.get(), F_SETFL, ::fcntl(own.get(), F_GETFL) | O_NONBLOCK);
  hand_over_(own.Release());
}

}  // namespace modlab::server
