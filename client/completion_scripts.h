#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modlab::client {

/// Shells for which there is a script.
std::vector<std::string> CompletionShells();

/// The script for one of these shells. It asks `modlab __complete WORDS...`, which prints a candidate a line, with a
/// tab and a description, and `:files` where a file's name may stand too; nothing if anything goes wrong.
std::string_view CompletionScript(std::string_view shell);

}  // namespace modlab::client
