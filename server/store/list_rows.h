#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>

#include "server/store/labels.h"
#include "server/store/page.h"
#include "server/store/query.h"
#include "server/store/shares_table.h"

namespace modlab::server {

/// What a list of resources shows.
struct RowFilter {
  std::string reader;  ///< What this user may read; empty for everything.
  Labels labels;       ///< Only those that carry all of these.
};

/// Reads a page of a table's rows, the newest first: `columns` ends with `sequence FROM table`, `resource` is an
/// expression for a row's name (`'models/' || id`), `conditions` stand behind the others (` AND state = ?`), and
/// `bind(query)` binds their arguments. Calls take(row) for each. Returns the `sequence` of the last one where there
/// are more.
template <typename Bind, typename Take>
std::optional<int64_t> ListRows(SQLite::Database& connection, const std::string& columns, const std::string& resource,
                                const RowFilter& filter, const Page& page, const std::string& conditions,
                                const Bind& bind, const Take& take) {
  std::string sql = "SELECT " + columns + " WHERE " + ReadableCondition(resource) + conditions;
  if (page.before_sequence) sql += " AND sequence < ?";
  sql += LabelCondition(resource, filter.labels.size()) + " ORDER BY sequence DESC LIMIT ?";
  Query query(connection, sql, filter.reader);
  bind(query);
  if (page.before_sequence) query.Add(*page.before_sequence);
  for (const auto& [key, value] : filter.labels) {
    query.Add(key);
    query.Add(value);
  }
  query.Add(page.size + 1);
  int64_t last = 0;
  for (int rows = 0; query.executeStep(); ++rows) {
    if (rows == page.size) return last;
    take(query);
    last = query.getColumn(query.getColumnCount() - 1).getInt64();
  }
  return std::nullopt;
}

}  // namespace modlab::server
