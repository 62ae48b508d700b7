#include "client/output/facts.h"

#include <algorithm>

#include "client/output/text.h"

namespace modlab::client {

void Facts::Add(std::string_view name, std::string_view value) {
  constexpr int kNameColumns = 13;
  if (value.empty()) return;
  std::string line = std::string(name);
  line.resize(kNameColumns, ' ');
  int column = kNameColumns;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(' '), value.size());
    const std::string_view word = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    if (column > kNameColumns && column + 1 + DisplayWidth(word) > width_) {
      text_ += line + '\n';
      line.assign(kNameColumns, ' ');
      column = kNameColumns;
    }
    if (column > kNameColumns) {
      line += ' ';
      ++column;
    }
    line += word;
    column += DisplayWidth(word);
  }
  text_ += line + '\n';
}

}  // namespace modlab::client
