#include "client/output/facts.h"

#include <algorithm>

#include "client/output/text.h"

namespace modlab::client {

void Facts::Add(std::string_view name, std::string_view value) {
  constexpr int name_columns = 13;
  if (value.empty()) return;
  std::string line = std::string(name);
  line.resize(name_columns, ' ');
  int column = name_columns;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(' '), value.size());
    const std::string_view word = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    if (column > name_columns && column + 1 + DisplayWidth(word) > width_) {
      text_ += line + '\n';
      line.assign(name_columns, ' ');
      column = name_columns;
    }
    if (column > name_columns) {
      line += ' ';
      ++column;
    }
    line += word;
    column += DisplayWidth(word);
  }
  text_ += line + '\n';
}

}  // namespace modlab::client
