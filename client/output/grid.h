#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/output/terminal.h"

namespace modlab::client {

/// Rows of cells in columns that line up. Columns are as wide as their widest cell, two spaces apart.
class Grid {
 public:
  enum class Align { kLeft, kRight };

  explicit Grid(std::vector<Align> columns) : columns_(std::move(columns)) {}

  /// One cell for every column. The first row is the heading.
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// Every line indented by two spaces, without trailing spaces, ending in a newline; the heading in bold.
  std::string Text(const TextStyle& style) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// The text in bold, or as it is without colour.
std::string Bold(std::string_view text, const TextStyle& style);

}  // namespace modlab::client
