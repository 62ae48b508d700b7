#include "client/named_servers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "client/errors.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

namespace fs = std::filesystem;

fs::path Folder(const Environment& environment) { return fs::path(ConfigPath(environment)).parent_path() / "servers"; }

void CheckName(const std::string& name) {
  if (!std::regex_match(name, std::regex("[a-z0-9_-]{1,63}"))) {
    throw UsageError(fmt::format("'{}' cannot be a server's name; take 1 to 63 of a-z, 0-9, _ and -", Printable(name)));
  }
}

// For this user's eyes alone, whole or not at all.
void Write(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  const std::string temporary = path.string() + ".tmp";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    throw UsageError(fmt::format("cannot write {}: {}", path.string(), std::strerror(written ? errno : error)));
  }
}

std::string Line(const char* key, const std::string& value) {
  return value.empty() ? "" : fmt::format("{} = \"{}\"\n", key, value);
}

std::string Absolute(const std::string& path) { return path.empty() ? "" : fs::absolute(path).string(); }

}  // namespace

NamedServers ReadNamedServers(const Environment& environment) {
  NamedServers servers;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(Folder(environment), absent)) {
    const std::string name = entry.path().filename().string();
    if (name.find('.') == std::string::npos) servers[name] = ReadConfigFile(entry.path());
  }
  return servers;
}

void AddNamedServer(const Environment& environment, const std::string& name, ServerSettings settings,
                    const std::optional<std::string>& token) {
  CheckName(name);
  if (name == "local") {
    throw UsageError("'local' is the name of your own server, on this machine; give this one another");
  }
  const fs::path path = Folder(environment) / name;
  CredentialFiles& files = settings.files;
  if (token) {
    files.token = path.string() + ".token";
    Write(files.token, *token + "\n");
  }
  Write(path, Line("server", settings.server.value_or("")) + (settings.insecure ? "insecure = true\n" : "") +
                  Line("ca", Absolute(files.ca)) + Line("token-file", Absolute(files.token)) +
                  Line("cert", Absolute(files.certificate)) + Line("key", Absolute(files.key)));
}

void RemoveNamedServer(const Environment& environment, const std::string& name) {
  CheckName(name);
  const fs::path path = Folder(environment) / name;
  std::error_code error;
  fs::remove(path.string() + ".token", error);
  if (!fs::remove(path, error)) {
    throw UsageError(fmt::format("there is no server {}; `modlab server list` shows them", name));
  }
}

void SetDefaultServer(const Environment& environment, const std::optional<std::string>& server) {
  const std::string path = ConfigPath(environment);
  std::string text = server ? Line("server", *server) : "";
  std::ifstream file(path);
  const std::regex server_line(R"(\s*server\s*=.*)");
  for (std::string line; std::getline(file, line);) {
    if (!std::regex_match(line, server_line)) text += line + "\n";
  }
  Write(path, text);
}

}  // namespace modlab::client
