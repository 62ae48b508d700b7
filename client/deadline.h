#pragma once

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace modlab::client {

/// When to stop waiting; nothing: never.
using Deadline = std::optional<std::chrono::system_clock::time_point>;

/// Now and `timeout`; nothing if there is none.
inline Deadline DeadlineAfter(const std::optional<google::protobuf::Duration>& timeout) {
  if (!timeout) return std::nullopt;
  return std::chrono::system_clock::now() + std::chrono::seconds(timeout->seconds()) +
         std::chrono::microseconds(timeout->nanos() / 1000);
}

inline Deadline Earlier(const Deadline& a, const Deadline& b) { return a && b ? std::min(a, b) : (a ? a : b); }

inline bool HasPassed(const Deadline& deadline) { return deadline && std::chrono::system_clock::now() >= *deadline; }

}  // namespace modlab::client
