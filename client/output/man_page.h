#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace modlab::client {

/// The commands below this one that are not hidden.
std::vector<const CLI::App*> ShownCommands(const CLI::App& command);

/// The command and the words that lead to it, joined: `modlab-job-list` for `modlab job list`. Names its page.
std::string PageName(const CLI::App& command);

/// The manual page (section 1, roff with the macros of man(7)) of one command, made of what its --help says.
std::string ManPage(const CLI::App& command);

}  // namespace modlab::client
