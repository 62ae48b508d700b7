#include "client/credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "client/errors.h"

namespace modlab::client {
namespace {

std::string ReadFile(const std::string& path, const char* what) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file) throw UsageError(fmt::format("cannot read {} {}: {}", what, path, std::strerror(errno)));
  if (text.empty()) throw UsageError(fmt::format("{} {} is empty", what, path));
  return text;
}

void RefuseOtherReaders(const std::string& path, const char* what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw UsageError(fmt::format("cannot read {} {}: {}", what, path, std::strerror(errno)));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    throw UsageError(fmt::format("{} {} can be read by others: chmod 600 {}", what, path, path));
  }
}

}  // namespace

std::string ReadToken(const std::string& path) {
  std::string text;
  if (path == "-") {
    std::getline(std::cin, text);
  } else {
    RefuseOtherReaders(path, "the token file");
    text = ReadFile(path, "the token file");
  }
  const char* space = " \t\r\n";
  const size_t start = text.find_first_not_of(space);
  if (start == std::string::npos) throw UsageError("the token is empty");
  text = text.substr(start, text.find_last_not_of(space) + 1 - start);
  if (text.find_first_of(space) != std::string::npos) {
    throw UsageError("that is no token: it is one word, as `modlabd token create` prints it");
  }
  return text;
}

std::shared_ptr<grpc::ChannelCredentials> MakeCredentials(const ServerAddress& address) {
  const CredentialFiles& files = address.files;
  if (!address.socket_path.empty() || address.insecure) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  if (!files.ca.empty()) options.pem_root_certs = ReadFile(files.ca, "the authority's certificate");
  if (files.certificate.empty() != files.key.empty()) throw UsageError("--cert and --key go together");
  if (!files.certificate.empty()) {
    RefuseOtherReaders(files.key, "the key");
    options.pem_cert_chain = ReadFile(files.certificate, "the certificate");
    options.pem_private_key = ReadFile(files.key, "the key");
  }
  auto channel = grpc::SslCredentials(options);
  if (files.token.empty()) return channel;
  return grpc::CompositeChannelCredentials(channel, grpc::AccessTokenCredentials(ReadToken(files.token)));
}

}  // namespace modlab::client
