#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <google/protobuf/map.h>

#include <string>

namespace modlab::server {

using Labels = google::protobuf::Map<std::string, std::string>;

/// Labels of a resource (`jobs/{id}`, `models/{id}`), within a transaction.
void InsertLabels(SQLite::Database& connection, const std::string& resource, const Labels& labels);
void LoadLabels(SQLite::Database& connection, const std::string& resource, Labels* labels);
void DeleteLabels(SQLite::Database& connection, const std::string& resource);

/// SQL condition, starting with ` AND`, that holds for rows whose resource (an SQL expression) carries all of `labels`;
/// its arguments are key, value for each label in order.
std::string LabelCondition(const std::string& resource_expression, size_t labels);

}  // namespace modlab::server
