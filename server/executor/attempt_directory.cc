#include "server/executor/attempt_directory.h"

#include <array>
#include <charconv>
#include <map>
#include <sstream>
#include <stdexcept>

#include "server/executor/files.h"

namespace modlab::server {
namespace {

constexpr int64_t kMaxTextBytes = 64 * 1024;
constexpr std::array<const char*, 8> kHowNames = {"exited",     "signaled",     "time-limit", "memory-limit",
                                                  "disk-limit", "thread-limit", "cancelled",  "start-failed"};

std::optional<std::map<std::string, std::string>> ReadKeys(const std::filesystem::path& path) {
  const auto text = ReadUntrusted(path, kMaxTextBytes);
  if (!text) return std::nullopt;
  std::map<std::string, std::string> keys;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const size_t space = line.find(' ');
    if (space == std::string::npos) throw std::runtime_error(path.string() + ": line without a value: " + line);
    keys[line.substr(0, space)] = line.substr(space + 1);
  }
  return keys;
}

int64_t Number(const std::map<std::string, std::string>& keys, const std::string& key) {
  const auto found = keys.find(key);
  if (found == keys.end()) throw std::runtime_error("no " + key);
  const std::string& text = found->second;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw std::runtime_error(key + " is not a number: " + text);
  }
  return value;
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

void OpenToOwnUids(const AttemptDirectory& directory) {
  namespace fs = std::filesystem;
  using fs::perms;
  for (const auto& entry : fs::directory_iterator(directory.in())) {
    fs::permissions(entry.path(), perms::owner_read | perms::group_read | perms::others_read);
  }
  const perms search = perms::owner_exec | perms::group_exec | perms::others_exec;
  fs::permissions(directory.in(), perms::owner_read | perms::group_read | perms::others_read | search);
  fs::permissions(directory.root(), perms::owner_all | search);
}

void WriteLimits(const AttemptDirectory& directory, const AttemptLimits& limits) {
  std::ostringstream text;
  text << "memory-bytes " << limits.memory_bytes << "\nwall-milliseconds " << limits.wall_milliseconds
       << "\ngrace-milliseconds " << limits.grace_milliseconds << "\nlog-bytes " << limits.log_bytes << "\ndisk-bytes "
       << limits.disk_bytes << "\nfiles " << limits.files << "\nthreads " << limits.threads << "\ncpus " << limits.cpus
       << "\nuid " << limits.uid << "\n";
  WriteFileAtomically(directory.limits(), text.str());
}

std::optional<AttemptLimits> ReadLimits(const AttemptDirectory& directory) {
  const auto keys = ReadKeys(directory.limits());
  if (!keys) return std::nullopt;
  AttemptLimits limits;
  limits.memory_bytes = Number(*keys, "memory-bytes");
  limits.wall_milliseconds = Number(*keys, "wall-milliseconds");
  limits.grace_milliseconds = Number(*keys, "grace-milliseconds");
  limits.log_bytes = Number(*keys, "log-bytes");
  limits.disk_bytes = Number(*keys, "disk-bytes");
  limits.files = Number(*keys, "files");
  limits.threads = Number(*keys, "threads");
  if (keys->contains("cpus")) limits.cpus = Number(*keys, "cpus");  // an earlier version's attempt has none
  limits.uid = Number(*keys, "uid");
  return limits;
}

void WriteEnd(const AttemptDirectory& directory, const AttemptEnd& end) {
  std::ostringstream text;
  text << "how " << kHowNames.at(static_cast<size_t>(end.how)) << "\nstatus " << end.status << "\npeak-memory-bytes "
       << end.peak_memory_bytes << "\nwall-milliseconds " << end.wall_milliseconds << "\nmessage "
       << OneLine(end.message) << "\nsandbox " << OneLine(end.sandbox) << "\n";
  WriteFileAtomically(directory.ended(), text.str());
}

std::optional<AttemptEnd> ReadEnd(const AttemptDirectory& directory) {
  const auto keys = ReadKeys(directory.ended());
  if (!keys) return std::nullopt;
  AttemptEnd end;
  const auto how = keys->find("how");
  size_t index = 0;
  while (index < kHowNames.size() && (how == keys->end() || how->second != kHowNames.at(index))) ++index;
  if (index == kHowNames.size()) throw std::runtime_error(directory.ended().string() + " does not say how");
  end.how = static_cast<AttemptEnd::How>(index);
  end.status = static_cast<int>(Number(*keys, "status"));
  end.peak_memory_bytes = Number(*keys, "peak-memory-bytes");
  end.wall_milliseconds = Number(*keys, "wall-milliseconds");
  if (const auto message = keys->find("message"); message != keys->end()) end.message = message->second;
  if (const auto sandbox = keys->find("sandbox"); sandbox != keys->end()) end.sandbox = sandbox->second;
  return end;
}

}  // namespace modlab::server
