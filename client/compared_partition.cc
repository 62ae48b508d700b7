#include "client/compared_partition.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "client/errors.h"
#include "client/names.h"
#include "client/output/text.h"

namespace modlab::client {
namespace {

constexpr std::string_view kConsensus = "consensus";

v1::Partition::Method MethodOf(std::string_view word) {
  for (const auto method : {v1::Partition::SPECTRAL, v1::Partition::LEIDEN, v1::Partition::PLANTED}) {
    if (Lower(v1::Partition::Method_Name(method)) == word) return method;
  }
  return v1::Partition::METHOD_UNSPECIFIED;
}

std::optional<std::int32_t> NumberOf(std::string_view word) {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool is_number = error == std::errc() && end == word.data() + word.size() && number >= 0;
  return is_number ? std::optional(number) : std::nullopt;
}

/// Whether the word says something that was not said before.
bool Take(std::string_view word, v1::ComparedPartition& partition) {
  if (word == kConsensus && !partition.consensus()) {
    partition.set_consensus(true);
    return true;
  }
  const v1::Partition::Method method = MethodOf(word);
  if (method != v1::Partition::METHOD_UNSPECIFIED && partition.method() == v1::Partition::METHOD_UNSPECIFIED) {
    partition.set_method(method);
    return true;
  }
  const std::optional<std::int32_t> number = NumberOf(word);
  if (!number || partition.has_index()) return false;
  partition.set_index(*number);
  return true;
}

}  // namespace

v1::ComparedPartition ParseComparedPartition(std::string_view text) {
  std::size_t colon = text.find(':');
  v1::ComparedPartition partition;
  partition.set_job(JobName(text.substr(0, colon)));
  while (colon != std::string_view::npos) {
    const std::size_t start = colon + 1;
    colon = text.find(':', start);
    const std::string_view word = text.substr(start, colon == std::string_view::npos ? colon : colon - start);
    if (!Take(word, partition)) {
      throw UsageError(
          fmt::format("'{}' in '{}' chooses no partition; write spectral, leiden or planted, a number from 0, or "
                      "consensus, each once",
                      Printable(word), Printable(text)));
    }
  }
  return partition;
}

std::string NameOf(const v1::ComparedPartition& partition) {
  std::string name = fmt::format("{}:{}", IdOf(partition.job()), partition.index());
  if (partition.consensus()) name += fmt::format(":{}", kConsensus);
  return name;
}

}  // namespace modlab::client
