#include "server/rpc/rpc_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server_posix.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace modlab::server {
namespace {

constexpr int kMessageBytes = 4 << 20;
constexpr unsigned kRefreshSeconds = 5;
/// As health checks name them; the empty name is the whole server.
constexpr std::array kServices = {"",
                                  "modlab.v1.ModelService",
                                  "modlab.v1.DatasetService",
                                  "modlab.v1.UploadService",
                                  "modlab.v1.JobService",
                                  "modlab.v1.ExperimentService",
                                  "modlab.v1.ServerService"};

bool SomebodyListens(const std::string& path) {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

/// Makes sure that a socket can be made at this path, and that we are the only ones to do so. gRPC itself would remove
/// another daemon's socket without a word.
FileDescriptor ReserveSocket(const ListenAddress& listen) {
  const std::string path = listen.path();
  if (path.empty() || path[0] != '/') {
    throw std::runtime_error(
        fmt::format("`{}` is not a path for a socket: give an absolute one, as in "
                    "--listen unix:/run/modlab/modlabd.sock",
                    path));
  }
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    throw std::runtime_error(
        fmt::format("the socket's path {} has {} bytes, but the system takes at most {}: give a "
                    "shorter one",
                    path, path.size(), sizeof(sockaddr_un::sun_path) - 1));
  }
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (std::filesystem::create_directories(directory, error)) {
    using std::filesystem::perms;
    const perms others = perms::group_read | perms::group_exec | perms::others_read | perms::others_exec;
    std::filesystem::permissions(directory, listen.shared_socket() ? perms::owner_all | others : perms::owner_all);
  }
  FileDescriptor lock(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    throw std::runtime_error(fmt::format("cannot make a socket in {}: {}", directory.string(), std::strerror(errno)));
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 || SomebodyListens(path)) {
    throw std::runtime_error(
        fmt::format("another server listens on {} already: stop it, or give another --listen", path));
  }
  return lock;
}

void CheckReadable(const std::filesystem::path& file) {
  if (::access(file.c_str(), R_OK) != 0) {
    throw std::runtime_error(fmt::format("cannot read {}: {}", file.string(), std::strerror(errno)));
  }
}

std::shared_ptr<grpc::ServerCredentials> TcpCredentials(const TlsFiles& tls) {
  if (tls.certificate.empty()) return grpc::InsecureServerCredentials();
  for (const auto& file : {tls.certificate, tls.key}) CheckReadable(file);
  if (!tls.client_ca.empty()) CheckReadable(tls.client_ca);
  using grpc::experimental::FileWatcherCertificateProvider;
  grpc::experimental::TlsServerCredentialsOptions options(std::make_shared<FileWatcherCertificateProvider>(
      tls.key.string(), tls.certificate.string(), tls.client_ca.string(), kRefreshSeconds));
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

RpcServer::RpcServer(boost::asio::io_context& context, const std::vector<ListenAddress>& addresses, const TlsFiles& tls,
                     const std::function<bool(uid_t)>& is_user, const std::vector<grpc::Service*>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  std::vector<int> ports(addresses.size(), 0);
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (addresses[i].unix_socket() || addresses[i].shared_socket()) {
      socket_locks_.push_back(ReserveSocket(addresses[i]));
    }
    if (addresses[i].shared_socket()) continue;
    if (addresses[i].unix_socket()) socket_paths_.push_back(addresses[i].path());
    builder.AddListeningPort(addresses[i].text,
                             addresses[i].unix_socket() ? grpc::InsecureServerCredentials() : TcpCredentials(tls),
                             &ports[i]);
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (!server_ || (ports[i] == 0 && !addresses[i].shared_socket())) {
      throw std::runtime_error(
          fmt::format("cannot listen on {}: the address is in use, or not this machine's: give "
                      "another --listen",
                      addresses[i].text));
    }
  }
  for (const ListenAddress& address : addresses) {
    if (!address.shared_socket()) continue;
    shared_sockets_.push_back(std::make_unique<SharedSocket>(context, address.path(), is_user, [this](int descriptor) {
      grpc::AddInsecureChannelFromFd(server_.get(), descriptor);
    }));
  }
  for (const char* service : kServices) server_->GetHealthCheckService()->SetServingStatus(service, true);
}

RpcServer::~RpcServer() { Shutdown(); }

void RpcServer::Shutdown() {
  if (!server_) return;
  shared_sockets_.clear();
  server_->GetHealthCheckService()->Shutdown();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  server_->Wait();
  server_.reset();
  for (const std::string& path : socket_paths_) ::unlink(path.c_str());
}

}  // namespace modlab::server
