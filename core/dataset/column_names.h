#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/dataset/content.h"

namespace modlab {

/// Whether `name` is what `pattern` says: `*` stands for any characters, `?` for one byte, everything else for itself.
/// O(|pattern| * |name|).
bool MatchesPattern(std::string_view pattern, std::string_view name);

/// Places of the columns that `wanted` says: names, or patterns of names, with commas between them; empty for all. A
/// name that stands in the header means that column, also if it could be a pattern. In the order in which they are
/// said, a pattern's columns in the table's; each column once. Throws where something said is no column.
std::vector<size_t> SelectColumns(const Content& content, const std::vector<std::string>& names,
                                  const std::string& wanted);

}  // namespace modlab
