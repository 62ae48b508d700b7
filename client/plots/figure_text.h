#pragma once

#include <string>

namespace modlab::client::plots {

/// What a plot says in words, all of it UTF-8 of any origin: what is not valid is shown as U+FFFD.
struct FigureText {
  /// In bold at the top, e.g. `Leiden, 3 clusters, Q = 0.4967`. Must not be empty.
  std::string title;
  /// Below the title; a plot that has something of its own to say there puts it first.
  std::string subtitle;
  /// Below the plot, after what the plot itself has to say.
  std::string caption;
  /// For those who cannot see the plot; if empty, the plot says what it shows.
  std::string description;
  /// Begins every id in the document, so that several plots can share a page: a letter, then letters, digits, `-`, `_`.
  std::string id_prefix = "plot";
};

}  // namespace modlab::client::plots
