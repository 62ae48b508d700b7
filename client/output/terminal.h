#pragma once

#include "client/environment.h"

namespace modlab::client {

/// How text may look where it goes.
struct TextStyle {
  /// Columns.
  int width = 80;
  /// Whether bold and colours are understood and wanted.
  bool color = false;
  /// Whether lists show more columns (-o wide), however wide that makes them.
  bool wide = false;
};

/// Whether the descriptor (1 or 2) leads to a terminal that can move its cursor.
bool IsTerminal(int descriptor, const Environment& environment);

/// 80 columns and no colour unless it is a terminal; no colour with NO_COLOR (https://no-color.org).
TextStyle StyleOf(int descriptor, const Environment& environment);

}  // namespace modlab::client
