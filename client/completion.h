#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "client/value_kind.h"

namespace modlab::client {

/// What may stand in a place of the command line, and a word about it, which may be empty.
struct Candidate {
  std::string value;
  std::string description;
};

struct Completion {
  std::vector<Candidate> candidates;
  /// Whether the name of a file may stand there too.
  bool files = false;
};

/// Names the jobs, models or servers that there are. `about_server` are the options of the command line that say which
/// server is meant and how to speak to it, with their values.
using ValueSource = std::function<std::vector<Candidate>(ValueKind, const std::vector<std::string>& about_server)>;

/// How the last of `words`, which may be empty, can go on; the words are what stands behind the program's name up to
/// the cursor. `app` is the tree of the program's commands.
Completion Complete(CLI::App& app, const std::vector<std::string>& words, const ValueSource& source);

}  // namespace modlab::client
