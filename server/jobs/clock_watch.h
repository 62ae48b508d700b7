#pragma once

#include <cstdint>

#include "server/store/database.h"

namespace modlab::server {

/// Says whether the wall clock can be believed when something is to be deleted for its age. A clock that was set wrong
/// and jumps must not make everything look old. Not thread safe.
class ClockWatch {
 public:
  /// Compares the clock with when it was last seen by an earlier daemon: it must not be earlier, or later by more than
  /// a month, and no jump may have been noted that was not yet an hour ago.
  explicit ClockWatch(Database& database);

  /// Whether the clock has gone on evenly for an hour, or since a start at which nothing was wrong. To be called at
  /// least every minute or so; a jump of a minute against the time since the machine's start counts, and is noted for
  /// the next daemon. Throws StorageError where it cannot be.
  bool Steady();

  /// Remembers the present for the next daemon, and forgets the jump, where the clock is steady.
  void Remember();

 private:
  /// The same with both clocks given, in microseconds.
  bool Steady(int64_t wall, int64_t since_boot);

  Database& database_;
  int64_t difference_;
  int64_t steady_from_;  // by the time since the machine's start
  friend class ClockWatchTest;
};

}  // namespace modlab::server
