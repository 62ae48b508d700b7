#pragma once

#include <fmt/format.h>
#include <google/protobuf/map.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/output/text.h"

namespace modlab::client {

/// `a=1 b=2`, sorted by key. Empty for none.
inline std::string LabelsText(const google::protobuf::Map<std::string, std::string>& labels) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : labels) texts.push_back(Printable(fmt::format("{}={}", key, value)));
  std::sort(texts.begin(), texts.end());
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : " ") + text;
  return joined;
}

}  // namespace modlab::client
