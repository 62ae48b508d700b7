#include "server/store/events_table.h"

#include "server/store/database.h"
#include "server/store/query.h"

namespace modlab::server {

void AppendEvent(SQLite::Database& connection, const std::string& job, modlab::v1::Event* event) {
  Query next(connection, "UPDATE jobs SET last_sequence = last_sequence + 1 WHERE id = ? RETURNING last_sequence", job);
  if (!next.executeStep()) throw StorageError("an event of a job that does not exist: " + job);
  event->set_sequence(next.getColumn(0).getInt());
  next.reset();
  if (!event->has_time()) *event->mutable_time() = ToTimestamp(NowMicros());
  Query(connection, "INSERT INTO events (job, sequence, event) VALUES (?, ?, ?)", job, event->sequence(), *event)
      .exec();
}

std::vector<modlab::v1::Event> EventsAfter(SQLite::Database& connection, const std::string& job, int after_sequence,
                                           size_t max_bytes) {
  std::vector<modlab::v1::Event> events;
  size_t bytes = 0;
  Query query(connection, "SELECT event FROM events WHERE job = ? AND sequence > ? ORDER BY sequence LIMIT 256", job,
              after_sequence);
  while (bytes < max_bytes && query.executeStep()) {
    bytes += static_cast<size_t>(query.getColumn(0).getBytes());
    ParseColumn(query.getColumn(0), &events.emplace_back());
  }
  return events;
}

std::optional<modlab::v1::Progress> LatestProgress(SQLite::Database& connection, const std::string& job) {
  constexpr int looked_at = 64;
  Query query(connection, "SELECT event FROM events WHERE job = ? ORDER BY sequence DESC LIMIT ?", job, looked_at);
  while (query.executeStep()) {
    modlab::v1::Event event;
    if (ParseColumn(query.getColumn(0), &event) && event.has_progress()) return event.progress();
  }
  return std::nullopt;
}

}  // namespace modlab::server
